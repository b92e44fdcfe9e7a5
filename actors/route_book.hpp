#pragma once

#include "actors/environment.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Makes routing tables of what the leader says and of the pools that serve here. A version keeps its spread from table to table, so that what waits or is under
/// way stays where it is. One actor's.
class route_book {
public:
  /// The pool of this node that serves a version; null: none does.
  using pool_finder = std::function<std::shared_ptr<pool>(const version_id&)>;

  explicit route_book(const actor_environment& node) : node_(node) {}

  std::shared_ptr<const routing_table> table_of(const std::vector<route_order>& orders, const pool_finder& find_pool);
  /// Those of the last table that this node has turned back from.
  std::vector<fuse_report> blown_fuses() const;
  /// What was seen under the splits of the last table.
  std::vector<watch_report> seen() const;

private:
  /// A version that was routed last.
  struct entry {
    std::string model_toml;
    std::shared_ptr<spread> target;
    std::map<std::string, std::shared_ptr<remote_pool>> remotes; ///< by node
  };
  using entry_map = std::map<std::pair<std::string, version_number>, entry>;

  /// What answers a deployment's requests in one version, or why nothing does.
  struct arm {
    version_id version;
    std::shared_ptr<spread> target;
    error why_not{};
  };
  /// What lasts as long as a split is in force.
  struct divided {
    version_number candidate = 0;
    std::shared_ptr<const traffic_split> split;
    std::shared_ptr<answer_watch> watch;
  };
  using split_map = std::map<std::string, divided>;

  arm arm_of(const std::string& deployment, const route_arm& order, const pool_finder& find_pool, entry_map& next);
  std::optional<candidate_route> candidate_of(const route_order& order, const pool_finder& find_pool, entry_map& next,
                                              split_map& splits);
  /// As it was, if the order is; else new.
  divided divided_by(const route_order& order, const model_spec& incumbent, const model_spec& candidate) const;
  /// The entry as it was, or a new one; null if the model.toml can't be read.
  entry* entry_of(const std::string& deployment, const route_arm& order, entry_map& next);
  void set_remotes(const route_arm& order, entry& known);

  const actor_environment& node_;
  entry_map entries_;
  split_map splits_; ///< in force, by deployment
};

} // namespace troupe

#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/serving/answer_watch.hpp"
#include "runtime/serving/pool.hpp"
#include "runtime/serving/spread.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// Another version that an A/B test has.
struct other_route {
  version_id version;
  std::shared_ptr<spread> target; ///< null: it can't answer just now, and the live one gets its requests
};

/// A version that takes a deployment's requests over by stages.
struct candidate_route {
  version_id version;
  std::shared_ptr<spread> target; ///< null: it can't answer just now, and the live one gets all
  std::shared_ptr<const traffic_split> split;
  split_key key;
  std::optional<always_rule> always;
  std::shared_ptr<answer_watch> watch; ///< null: nobody looks at what is answered
  bool takes_rewards = false;          ///< an A/B test is under way
  std::uint32_t copies_max = 0;        ///< under way from this node at once
  std::vector<other_route> others{};   ///< those of the split, in its order
};

/// Where a deployment's requests go.
struct route {
  version_id version;
  std::shared_ptr<spread> target; ///< null: it can't answer just now
  error why_not{};                ///< then its requests are answered with this
  std::optional<candidate_route> candidate{};
};

/// An immutable snapshot: every deployment by name.
using routing_table = std::map<std::string, route, std::less<>>;

/// Holds the newest table. The router publishes; loops read through a `routing_view` each. Thread-safe.
class routing_cell {
public:
  void publish(std::shared_ptr<const routing_table> table);
  std::shared_ptr<const routing_table> read() const;
  std::uint64_t revision() const { return revision_.load(std::memory_order_acquire); }
  /// Whether there is a table at all; before, nobody can say what is served.
  bool published() const { return revision() > 0; }

  /// A pool in which requests may wait, whether it is in the table or not.
  void enlist(const std::shared_ptr<pool>& target);
  /// Those that live.
  std::vector<std::shared_ptr<pool>> pools() const;
  /// The newest pool of that version, or null.
  std::shared_ptr<pool> find_pool(const version_id& id) const;
  /// The targets of all tables so far, as far as they live.
  std::vector<std::shared_ptr<spread>> targets() const;

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const routing_table> table_ = std::make_shared<routing_table>();
  std::atomic<std::uint64_t> revision_{0};
  std::vector<std::weak_ptr<pool>> pools_;
  std::set<std::weak_ptr<spread>, std::owner_less<>> targets_;
};

/// One thread's view of the cell: takes the lock only after a change. Not thread-safe.
class routing_view {
public:
  explicit routing_view(const routing_cell& cell) : cell_(cell) {}
  /// The route of a deployment, or nullptr. Valid until the next call.
  const route* find(std::string_view deployment);
  bool published() const { return cell_.published(); }

private:
  const routing_cell& cell_;
  std::uint64_t revision_ = ~0ULL;
  std::shared_ptr<const routing_table> table_;
};

} // namespace troupe

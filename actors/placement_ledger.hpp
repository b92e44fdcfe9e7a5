#pragma once

#include "actors/cluster_messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What a placer knows, and what follows from it: which nodes there are, what deployments need, what runs where, and what each node shall run. No messages,
/// no time.
///
/// Replicas move in a safe order: what is gained comes first; only once all of it serves, what is too much goes. A pool that has to go while others stay
/// leaves the routes first:
///
///     shared --too much, and all else serves--> leaving --let_go--> (not ordered)     leaving --wanted again--> shared
class placement_ledger {
public:
  using version_key = std::pair<std::string, version_number>;

  /// A report's effect.
  struct noted {
    bool taken = false; ///< of a node that there is, and not overtaken by a later one
    bool first = false; ///< of this node
    bool news = false;  ///< not only counters
  };

  // -- what is told
  void take(const deployment_demand& demand);
  void drop(const std::string& deployment) { needs_.erase(deployment); }
  /// Only these deployments are left.
  void retain(const std::vector<std::string>& deployments);
  bool has_need(const std::string& deployment) const { return needs_.count(deployment) != 0; }
  /// These are the nodes from now on; whether that is news.
  bool set_nodes(const std::vector<node_view>& nodes);
  void set_node(node_view node);
  /// Whether the node has been told nothing for a while, because it doesn't answer: then it gets nothing more. Whether that is news.
  bool set_mute(const std::string& id, bool mute);
  noted note(const node_report& report);

  // -- what shall be
  /// Plans anew, and moves towards the plan. What a node gains it gets at once. What it loses it keeps until all of the target serves, unless fewer are
  /// wanted in all.
  void replan();
  /// What began to leave after the `from`th leaver, and was the `to`th at most, needs to run no longer.
  void let_go(std::uint64_t from, std::uint64_t to);
  /// Of all that ever began to leave.
  std::uint64_t last_leaver() const { return last_leaver_; }

  // -- what is seen
  /// What nodes run though no deployment asked for it, and that is not only left over from before: whole deployments, and versions that are newer than all
  /// that is asked for. The state is older than what it led to.
  std::set<version_key> beyond_needs() const;
  /// By id; null: there is no such node.
  const node_view* find_node(const std::string& id) const;
  std::size_t deployments() const { return needs_.size(); }
  /// Whether the node has told what it runs.
  bool has_report(const std::string& id) const;
  std::vector<pool_order> orders_for(const std::string& id) const;
  std::vector<route_order> routes() const;
  /// How far each version has come that a deployment needs, and whom to tell.
  std::map<version_key, std::pair<version_listener, version_placed>> states() const;
  /// What found no place in the last plan.
  const std::map<version_key, placement_shortfall>& shortfalls() const { return shortfalls_; }
  /// What runs of a deployment; of the node that `own` is of, as it says.
  placement_view view_of(const std::string& deployment, const node_report& own) const;
  /// What nodes that are there told last of a deployment's versions that are judged.
  traffic_view traffic_of(const std::string& deployment) const;

private:
  /// What a deployment needs, and what that takes of a node: read off its model.toml once.
  struct need {
    deployment_demand demand;
    std::vector<placement_demand>
        weights; ///< of those of its pools that want replicas; 0 bytes a replica where nobody declared them
  };
  /// What runs no longer than others know its place.
  struct leaving_share {
    std::uint32_t replicas = 0;
    std::uint64_t number = 0; ///< of all that ever left
  };
  struct node_slot {
    node_view view;
    bool mute = false;                            ///< it doesn't answer
    std::optional<node_report> report;            ///< the last one
    std::map<version_key, std::uint32_t> shares;  ///< replicas that it has been told to run
    std::map<version_key, leaving_share> leaving; ///< that it runs on, in no route
  };
  using target_counts = std::map<version_key, std::map<std::string, std::uint32_t>>;

  target_counts plan();
  void gain(const target_counts& target);
  void lose(const target_counts& target);
  const pool_order* order_of(const version_key& key) const;
  std::vector<placement_node> placement_nodes() const;
  std::vector<placed_replicas> placed_now() const;
  /// What the node told last of a version, if it told it of the one that is meant now.
  const pool_report* report_of(const node_slot& node, const version_key& key) const;
  /// Memory of a replica, where it needs most; nothing: not measured.
  std::optional<std::uint64_t> measured_replica(const version_id& id) const;
  bool is_complete(const node_slot& node, const version_key& key) const;
  /// What the node may be given.
  static placement_use use_of(const node_slot& node);
  /// Whether a share has come to nothing yet on a node that gets nothing more, so that another should have it.
  bool is_stuck(const node_slot& node, const version_key& key) const;
  /// Whether all that `wanted` says of the version serves.
  bool covers(const version_key& key, const std::map<std::string, std::uint32_t>& wanted) const;
  route_arm arm_of(const version_key& key) const;
  version_placed state_of(const deployment_demand& demand, const pool_order& order) const;

  std::map<std::string, need> needs_; ///< by deployment
  std::map<std::string, node_slot> nodes_;
  std::map<version_key, placement_shortfall> shortfalls_;
  std::uint64_t last_leaver_ = 0;
};

} // namespace troupe

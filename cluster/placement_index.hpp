#pragma once

#include "cluster/placement.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

/// The parts of plan_placement(). They speak of nodes, zones and demands by number; the numbers follow from the texts, not from their order.
namespace troupe::placing {

using node_index = std::uint32_t;
using zone_index = std::uint32_t;
using demand_index = std::uint32_t;

struct node_entry {
  std::string_view id;
  zone_index zone = 0;
  placement_use use = placement_use::gone;
  std::uint32_t cores = 1;
  std::uint64_t memory_bytes = 0;
  std::uint64_t free_bytes = 0; ///< before any replica
};

/// The nodes that have all labels which a demand asks for.
struct eligible_nodes {
  std::vector<bool> allowed;     ///< by node, whatever its use
  std::vector<zone_index> zones; ///< with a usable one, ascending
  std::size_t usable = 0;
};

/// Replicas that run now.
struct running {
  node_index node;
  std::uint32_t replicas;
};

/// The input, numbered. Refers to it; it must outlive this.
class placement_index {
public:
  placement_index(const std::vector<placement_node>& nodes, const std::vector<placement_demand>& demands,
                  const std::vector<placed_replicas>& current);

  /// By id. Nodes that only `current` names are among them, as gone.
  const std::vector<node_entry>& nodes() const { return nodes_; }
  std::size_t zones() const { return zone_count_; }

  /// The largest replicas first, then by version.
  std::size_t demands() const { return demands_.size(); }
  const placement_demand& demand(demand_index d) const { return *demands_[d]; }
  /// The demands in the order of their versions.
  std::vector<demand_index> by_version() const;
  const eligible_nodes& eligible(demand_index d) const { return eligible_[eligible_of_[d]]; }

  /// By node, one entry each.
  const std::vector<running>& current(demand_index d) const { return current_[d]; }
  /// Replicas of versions that nobody wants, by version and node.
  const std::vector<placed_replicas>& unwanted() const { return unwanted_; }

  /// The input's node, or none if only `current` names it.
  const placement_node* given(node_index n) const { return given_[n]; }

private:
  using node_numbers = std::unordered_map<std::string_view, node_index>;

  node_numbers number_nodes(const std::vector<placement_node>& nodes, const std::vector<placed_replicas>& current);
  void number_zones();
  void number_demands(const std::vector<placement_demand>& demands);
  void number_current(const node_numbers& numbers, const std::vector<placed_replicas>& current);
  void find_eligible();
  eligible_nodes eligible_for(const std::map<std::string, std::string>& constraints) const;

  std::vector<node_entry> nodes_;
  std::vector<const placement_node*> given_;
  std::size_t zone_count_ = 0;
  std::vector<const placement_demand*> demands_;
  std::vector<eligible_nodes> eligible_; ///< one for each distinct set of constraints
  std::vector<std::size_t> eligible_of_;
  std::vector<std::vector<running>> current_;
  std::vector<placed_replicas> unwanted_;
};

/// Memory that a replica takes on a node that has none of its version yet.
std::uint64_t lone_bytes(const placement_demand& demand);

/// By deployment and number.
bool before(const version_id& a, const version_id& b);

} // namespace troupe::placing

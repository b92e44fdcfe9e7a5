#pragma once

#include "cluster/placement_index.hpp"

#include <set>
#include <utility>

namespace troupe::placing {

/// Replicas of one demand on one node.
struct spot {
  node_index node = 0;
  std::uint32_t count = 0;
  std::uint32_t kept = 0;                 ///< that run there now and may stay
  std::uint32_t shed = 0;                 ///< that run there now, may stay, and are not wanted
  move_reason gain = move_reason::spread; ///< why fewer than `kept` are there
};

/// The plan as it is being made: where replicas are, and what is left of each node. Never over a node's memory.
class placement_board {
public:
  /// By (load, node): usable nodes of a zone, the emptiest first.
  using load_order = std::set<std::pair<double, node_index>>;

  placement_board(const placement_index& index, const placement_options& options);

  const placement_index& index() const { return index_; }
  const placement_options& options() const { return options_; }

  const std::vector<spot>& spots(demand_index d) const { return spots_[d]; } ///< by node; also those with count 0
  std::uint32_t count(demand_index d, node_index n) const;
  std::uint64_t placed(demand_index d) const { return placed_[d]; }
  std::uint64_t missing(demand_index d) const;
  /// Of the demand, by zone.
  std::vector<std::uint32_t> zone_counts(demand_index d) const;

  const std::set<demand_index>& demands_on(node_index n) const { return demands_on_[n]; }
  const load_order& by_load(zone_index zone) const { return by_load_[zone]; }
  /// The most that a usable node of the zone has left.
  std::uint64_t most_free(zone_index zone) const { return by_free_[zone].empty() ? 0 : by_free_[zone].rbegin()->first; }
  bool usable(node_index n) const { return index_.nodes()[n].use == placement_use::usable; }
  std::uint64_t free_bytes(node_index n) const { return free_bytes_[n]; }
  double load(node_index n) const { return load_[n]; }
  double load_with(node_index n, demand_index d) const; ///< and one replica more

  bool allowed(demand_index d, node_index n) const { return index_.eligible(d).allowed[n]; }
  /// How many more replicas the node's memory holds; at most `wanted`.
  std::uint32_t fitting(demand_index d, node_index n, std::uint32_t wanted) const;
  /// Memory that one replica less gives back.
  std::uint64_t released_by_one(demand_index d, node_index n) const;

  /// `replicas` of those that run there stay. They must fit. On usable nodes only before order_nodes().
  void keep(demand_index d, node_index n, std::uint32_t replicas);
  /// Once, between what is kept and all other changes: usable nodes are found by load and by free memory from now on.
  void order_nodes();
  /// One that was kept is no longer wanted.
  void shed(demand_index d, node_index n);
  /// One more. It must fit.
  void add(demand_index d, node_index n);
  /// Moves one, which must fit, for a gain. False, and nothing happens, if that would be a move more than `gain_moves_max`.
  bool move(demand_index d, node_index from, node_index to, move_reason why);

  /// Whether a gain was refused.
  bool more() const { return more_; }
  void leave_more() { more_ = true; }

private:
  spot& spot_at(demand_index d, node_index n);
  void set_count(demand_index d, node_index n, std::uint32_t count);
  void change(demand_index d, node_index n, std::int32_t difference);
  double load_of(node_index n, std::uint64_t threads, std::uint64_t free_bytes) const;

  const placement_index& index_;
  const placement_options& options_;
  std::vector<std::vector<spot>> spots_;
  std::vector<std::uint64_t> placed_;
  std::vector<std::set<demand_index>> demands_on_;
  std::vector<std::uint64_t> threads_;
  std::vector<std::uint64_t> free_bytes_;
  std::vector<double> load_;
  std::vector<load_order> by_load_;
  std::vector<std::set<std::pair<std::uint64_t, node_index>>> by_free_;
  std::int64_t displaced_ = 0; ///< replicas that could stay and don't
  bool more_ = false;
};

} // namespace troupe::placing

#include "cluster/placement_gains.hpp"

#include "cluster/placement_target.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::placing {

namespace {

/// A full node's replica is offered to so many of each zone's emptiest nodes. Where none of them takes it, the others are hardly emptier than
/// the full one, and a plan's cost would be the product of replicas and nodes.
constexpr unsigned offers_max = 64;

zone_index zone_of(const placement_board& board, node_index n) {
  return board.index().nodes()[n].zone;
}

/// The usable node of the zone with the most replicas of the demand, the fullest of these; by zone.
std::vector<std::optional<spot>> most_crowded(const placement_board& board, demand_index d) {
  std::vector<std::optional<spot>> most(board.index().zones());
  for (const auto& each : board.spots(d)) {
    if (each.count == 0 || !board.usable(each.node))
      continue;
    auto& known = most[zone_of(board, each.node)];
    if (!known || std::make_pair(known->count, board.load(known->node)) < std::make_pair(each.count, board.load(each.node)))
      known = each;
  }
  return most;
}

/// Zones to which a replica can go from this one without the demand being spread worse.
std::vector<zone_index> zones_no_worse(const placement_board& board, demand_index d, zone_index from) {
  auto counts = board.zone_counts(d);
  std::vector<zone_index> zones;
  for (auto zone : board.index().eligible(d).zones)
    if (zone == from || counts[zone] < counts[from])
      zones.push_back(zone);
  return zones;
}

bool spread_over_zones(placement_board& board, demand_index d) {
  auto counts = board.zone_counts(d);
  auto sources = most_crowded(board, d);
  std::optional<zone_index> most;
  for (zone_index zone = 0; zone < counts.size(); ++zone)
    if (sources[zone] && (!most || counts[zone] > counts[*most]))
      most = zone;
  if (!most || counts[*most] < 2)
    return false;
  target_limits limits;
  limits.zone_count_below = counts[*most] - 1;
  auto target = best_place(board, d, limits);
  return target && board.move(d, sources[*most]->node, *target, move_reason::spread);
}

bool spread_over_nodes(placement_board& board, demand_index d) {
  const auto& spots = board.spots(d);
  if (std::none_of(spots.begin(), spots.end(), [](const spot& each) { return each.count > 1; }))
    return false;
  for (const auto& source : most_crowded(board, d)) {
    if (!source || source->count < 2)
      continue;
    target_limits limits;
    limits.count_below = source->count - 1;
    auto target = best_target(board, d, zones_no_worse(board, d, zone_of(board, source->node)), limits);
    if (target && board.move(d, source->node, *target, move_reason::spread))
      return true;
  }
  return false;
}

/// By how much a node must be fuller than another before one of its replicas moves there.
double margin_of(const placement_board& board, node_index n) {
  return board.options().imbalance * std::max(1.0, board.load(n));
}

/// Moves one replica away from the node, the largest that can.
bool relieve(placement_board& board, node_index full) {
  auto margin = margin_of(board, full);
  for (auto d : board.demands_on(full)) {
    target_limits limits;
    limits.count_below = board.count(d, full);
    limits.load_below = board.load(full) - margin;
    limits.looks_max = offers_max;
    auto target = best_target(board, d, zones_no_worse(board, d, zone_of(board, full)), limits);
    if (target && board.load_with(*target, d) < board.load(full) - margin / 2)
      return board.move(d, full, *target, move_reason::balance);
  }
  return false;
}

std::vector<node_index> fullest_first(const placement_board& board) {
  std::vector<std::pair<double, node_index>> order;
  for (zone_index zone = 0; zone < board.index().zones(); ++zone)
    for (const auto& [load, node] : board.by_load(zone))
      order.emplace_back(-load, node);
  std::sort(order.begin(), order.end());
  std::vector<node_index> nodes;
  for (const auto& each : order)
    nodes.push_back(each.second);
  return nodes;
}

double least_load(const placement_board& board) {
  auto least = std::numeric_limits<double>::infinity();
  for (zone_index zone = 0; zone < board.index().zones(); ++zone)
    if (!board.by_load(zone).empty())
      least = std::min(least, board.by_load(zone).begin()->first);
  return least;
}

bool balance_round(placement_board& board) {
  bool moved = false;
  for (auto node : fullest_first(board))
    while (board.load(node) - margin_of(board, node) > least_load(board) && relieve(board, node))
      moved = true;
  return moved;
}

} // namespace

bool spread_out(placement_board& board) {
  bool moved = false;
  for (demand_index d = 0; d < board.index().demands(); ++d)
    while (spread_over_zones(board, d) || spread_over_nodes(board, d))
      moved = true;
  return moved;
}

bool balance(placement_board& board) {
  bool moved = false;
  while (balance_round(board))
    moved = true;
  return moved;
}

} // namespace troupe::placing

#include "cluster/placement_board.hpp"

#include <algorithm>
#include <cassert>

namespace troupe::placing {

placement_board::placement_board(const placement_index& index, const placement_options& options)
  : index_(index), options_(options), spots_(index.demands()), placed_(index.demands()), demands_on_(index.nodes().size()),
    threads_(index.nodes().size()), by_load_(index.zones()), by_free_(index.zones()) {
  const auto& nodes = index.nodes();
  for (node_index n = 0; n < nodes.size(); ++n) {
    free_bytes_.push_back(nodes[n].free_bytes);
    load_.push_back(load_of(n, 0, nodes[n].free_bytes));
  }
}

void placement_board::order_nodes() {
  const auto& nodes = index_.nodes();
  for (node_index n = 0; n < nodes.size(); ++n) {
    if (!usable(n))
      continue;
    by_load_[nodes[n].zone].emplace(load_[n], n);
    by_free_[nodes[n].zone].emplace(free_bytes_[n], n);
  }
}

std::uint32_t placement_board::count(demand_index d, node_index n) const {
  const auto& all = spots_[d];
  auto found = std::lower_bound(all.begin(), all.end(), n, [](const spot& a, node_index b) { return a.node < b; });
  return found == all.end() || found->node != n ? 0 : found->count;
}

std::uint64_t placement_board::missing(demand_index d) const {
  return index_.demand(d).replicas - std::min<std::uint64_t>(placed_[d], index_.demand(d).replicas);
}

std::vector<std::uint32_t> placement_board::zone_counts(demand_index d) const {
  std::vector<std::uint32_t> counts(index_.zones());
  for (const auto& each : spots_[d])
    counts[index_.nodes()[each.node].zone] += each.count;
  return counts;
}

double placement_board::load_of(node_index n, std::uint64_t threads, std::uint64_t free_bytes) const {
  const auto& node = index_.nodes()[n];
  auto cores = static_cast<double>(threads) / node.cores;
  auto used = static_cast<double>(node.memory_bytes - free_bytes);
  return std::max(cores, node.memory_bytes == 0 ? 1 : used / static_cast<double>(node.memory_bytes));
}

double placement_board::load_with(node_index n, demand_index d) const {
  const auto& demand = index_.demand(d);
  auto bytes = demand.replica_bytes + (count(d, n) == 0 ? demand.shared_bytes : 0);
  return load_of(n, threads_[n] + demand.threads, free_bytes_[n] - bytes);
}

std::uint32_t placement_board::fitting(demand_index d, node_index n, std::uint32_t wanted) const {
  const auto& demand = index_.demand(d);
  auto shared = count(d, n) == 0 ? demand.shared_bytes : 0;
  if (shared > free_bytes_[n])
    return 0;
  if (demand.replica_bytes == 0)
    return wanted;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, (free_bytes_[n] - shared) / demand.replica_bytes));
}

std::uint64_t placement_board::released_by_one(demand_index d, node_index n) const {
  const auto& demand = index_.demand(d);
  return demand.replica_bytes + (count(d, n) == 1 ? demand.shared_bytes : 0);
}

spot& placement_board::spot_at(demand_index d, node_index n) {
  auto& all = spots_[d];
  auto found = std::lower_bound(all.begin(), all.end(), n, [](const spot& a, node_index b) { return a.node < b; });
  if (found != all.end() && found->node == n)
    return *found;
  spot fresh;
  fresh.node = n;
  return *all.insert(found, fresh);
}

void placement_board::set_count(demand_index d, node_index n, std::uint32_t count) {
  const auto& demand = index_.demand(d);
  auto& here = spot_at(d, n);
  auto bytes = [&](std::uint32_t replicas) { return replicas == 0 ? 0 : demand.shared_bytes + replicas * demand.replica_bytes; };
  auto held = free_bytes_[n] + bytes(here.count);
  assert(bytes(count) <= held);
  free_bytes_[n] = held - bytes(count);
  threads_[n] += std::uint64_t{count} * demand.threads;
  threads_[n] -= std::uint64_t{here.count} * demand.threads;
  placed_[d] += count;
  placed_[d] -= here.count;
  here.count = count;
  if (count == 0)
    demands_on_[n].erase(d);
  else
    demands_on_[n].insert(d);
  load_[n] = load_of(n, threads_[n], free_bytes_[n]);
}

void placement_board::change(demand_index d, node_index n, std::int32_t difference) {
  auto load_before = load_[n];
  auto free_before = free_bytes_[n];
  set_count(d, n, count(d, n) + static_cast<std::uint32_t>(difference));
  if (!usable(n))
    return;
  auto move_in = [n](auto& order, auto from, auto to) {
    if (from == to)
      return;
    auto handle = order.extract({from, n});
    handle.value().first = to;
    order.insert(std::move(handle));
  };
  auto zone = index_.nodes()[n].zone;
  move_in(by_load_[zone], load_before, load_[n]);
  move_in(by_free_[zone], free_before, free_bytes_[n]);
}

void placement_board::keep(demand_index d, node_index n, std::uint32_t replicas) {
  spot_at(d, n).kept = replicas;
  set_count(d, n, replicas);
}

void placement_board::shed(demand_index d, node_index n) {
  auto& here = spot_at(d, n);
  --here.kept;
  ++here.shed;
  change(d, n, -1);
}

void placement_board::add(demand_index d, node_index n) {
  auto& here = spot_at(d, n);
  displaced_ -= here.count < here.kept ? 1 : 0;
  change(d, n, 1);
}

bool placement_board::move(demand_index d, node_index from, node_index to, move_reason why) {
  auto leaves = spot_at(d, from).count <= spot_at(d, from).kept;
  auto returns = spot_at(d, to).count < spot_at(d, to).kept;
  if (leaves && !returns && displaced_ >= options_.gain_moves_max) {
    more_ = true;
    return false;
  }
  displaced_ += leaves ? 1 : 0;
  spot_at(d, from).gain = why;
  change(d, from, -1);
  add(d, to);
  return true;
}

} // namespace troupe::placing

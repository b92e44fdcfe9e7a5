#include "actors/placement_ledger.hpp"

#include "actors/placement_same.hpp"
#include "runtime/base/model_toml.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

namespace {

/// Measured memory counts in steps of this share of itself: it changes all the time, and what runs shouldn't move for that.
constexpr std::uint64_t memory_steps = 8;

/// Up to the next step: at least as much, at most an eighth more.
std::uint64_t in_steps(std::uint64_t bytes) {
  std::uint64_t step = 1;
  while (step * 2 * memory_steps <= bytes)
    step *= 2;
  return (bytes + step - 1) / step * step;
}

/// What a replica is expected to need until it was measured, if its model.toml says nothing about memory.
constexpr std::uint64_t unmeasured_bytes = 32ULL << 20;

placement_demand demand_of(const pool_order& order) {
  placement_demand demand;
  demand.version = order.id;
  demand.replicas = order.replicas;
  if (auto spec = parse_model_toml(order.model_toml, "model.toml")) {
    demand.threads = spec->threads;
    demand.constraints = spec->on;
    demand.replica_bytes = spec->memory_bytes == model_spec{}.memory_bytes ? 0 : spec->memory_bytes;
  }
  return demand;
}

void add(pool::counters& to, const pool::counters& from) {
  to.requests += from.requests;
  to.failures += from.failures;
  to.batches += from.batches;
  to.queued_rows += from.queued_rows;
  to.queued_requests += from.queued_requests;
  to.runners += from.runners;
}

void add(placed_version& to, const pool_status& from, const node_view& node) {
  to.status.id = from.id;
  add(to.status.counters, from.counters);
  for (auto replica : from.replicas) {
    replica.node_id = node.place.id;
    replica.node_name = node.name;
    to.status.replicas.push_back(std::move(replica));
  }
}

} // namespace

// -- what is told -----------------------------------------------------------------------------------------------------------------

void placement_ledger::take(const deployment_demand& demand) {
  need next{demand, {}};
  for (const auto& order : demand.pools)
    if (order.replicas > 0)
      next.weights.push_back(demand_of(order));
  needs_[demand.deployment] = std::move(next);
}

void placement_ledger::retain(const std::vector<std::string>& deployments) {
  std::set<std::string> left(deployments.begin(), deployments.end());
  for (auto it = needs_.begin(); it != needs_.end();)
    it = left.count(it->first) != 0 ? std::next(it) : needs_.erase(it);
}

bool placement_ledger::set_nodes(const std::vector<node_view>& nodes) {
  bool is_news = false;
  std::set<std::string> there;
  for (const auto& view : nodes) {
    there.insert(view.place.id);
    auto [slot, is_new] = nodes_.try_emplace(view.place.id);
    is_news = is_news || is_new || !same(slot->second.view.place, view.place);
    slot->second.view = view;
  }
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    bool is_there = there.count(it->first) != 0;
    is_news = is_news || !is_there;
    it = is_there ? std::next(it) : nodes_.erase(it);
  }
  return is_news;
}

bool placement_ledger::set_mute(const std::string& id, bool mute) {
  auto found = nodes_.find(id);
  return found != nodes_.end() && std::exchange(found->second.mute, mute) != mute;
}

void placement_ledger::set_node(node_view node) {
  nodes_[node.place.id].view = std::move(node);
}

placement_ledger::noted placement_ledger::note(const node_report& report) {
  auto found = nodes_.find(report.node_id);
  if (found == nodes_.end())
    return {};
  auto& node = found->second;
  if (node.report && report.sequence < node.report->sequence)
    return {}; // it was overtaken
  noted outcome{true, !node.report, !node.report || !same(*node.report, report)};
  node.report = report;
  if (outcome.first)
    // What it runs, from a life of the leader before or while it was away, is where placement begins.
    for (const auto& running : report.pools)
      if (running.phase != pool_phase::draining && running.phase != pool_phase::failed)
        node.shares[{running.status.id.deployment, running.status.id.number}] = running.wanted;
  return outcome;
}

// -- what shall be ----------------------------------------------------------------------------------------------------------------

void placement_ledger::replan() {
  auto target = plan();
  gain(target);
  lose(target);
}

placement_ledger::target_counts placement_ledger::plan() {
  std::vector<placement_demand> demands;
  for (const auto& [deployment, needed] : needs_)
    for (auto weight : needed.weights) {
      if (weight.replica_bytes == 0)
        weight.replica_bytes = measured_replica(weight.version).value_or(unmeasured_bytes);
      demands.push_back(std::move(weight));
    }
  auto planned = plan_placement(placement_nodes(), demands, placed_now());
  shortfalls_.clear();
  for (auto& each : planned.shortfalls)
    shortfalls_[{each.version.deployment, each.version.number}] = std::move(each);
  target_counts target;
  for (const auto& placed : planned.target)
    target[{placed.version.deployment, placed.version.number}][placed.node] = placed.replicas;
  return target;
}

void placement_ledger::gain(const target_counts& target) {
  for (auto& [id, node] : nodes_) {
    if (node.view.place.use == placement_use::gone) {
      node.shares.clear();
      node.leaving.clear();
      continue;
    }
    for (const auto& [key, wanted] : target)
      if (auto here = wanted.find(id); here != wanted.end() && node.shares[key] < here->second) {
        node.shares[key] = here->second;
        node.leaving.erase(key);
      }
  }
}

void placement_ledger::lose(const target_counts& target) {
  static const std::map<std::string, std::uint32_t> none;
  for (auto& [id, node] : nodes_)
    for (auto it = node.shares.begin(); it != node.shares.end();) {
      auto wanted = target.find(it->first);
      const auto& counts = wanted == target.end() ? none : wanted->second;
      auto here = counts.find(id);
      std::uint32_t goal = here == counts.end() ? 0 : here->second;
      bool stuck = is_stuck(node, it->first);
      bool may_lose = stuck || order_of(it->first) == nullptr || counts.empty() || covers(it->first, counts);
      if (it->second > 0 && goal == 0 && may_lose && !counts.empty() && !stuck)
        node.leaving[it->first] = {it->second, ++last_leaver_};
      if (it->second > goal && may_lose)
        it->second = goal;
      it = it->second == 0 && goal == 0 && may_lose ? node.shares.erase(it) : std::next(it);
    }
}

void placement_ledger::let_go(std::uint64_t from, std::uint64_t to) {
  for (auto& [id, node] : nodes_)
    for (auto it = node.leaving.begin(); it != node.leaving.end();)
      it = it->second.number > from && it->second.number <= to ? node.leaving.erase(it) : std::next(it);
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

std::set<placement_ledger::version_key> placement_ledger::beyond_needs() const {
  std::set<version_key> beyond;
  for (const auto& [id, node] : nodes_)
    for (const auto& [key, replicas] : node.shares)
      if (auto found = needs_.find(key.first); found == needs_.end())
        beyond.insert(key);
      else if (const auto& pools = found->second.demand.pools;
               std::all_of(pools.begin(), pools.end(),
                           [number = key.second](const pool_order& order) { return order.id.number < number; }))
        beyond.insert(key);
  return beyond;
}

const node_view* placement_ledger::find_node(const std::string& id) const {
  auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second.view;
}

bool placement_ledger::has_report(const std::string& id) const {
  auto found = nodes_.find(id);
  return found != nodes_.end() && found->second.report.has_value();
}

std::map<placement_ledger::version_key, std::pair<version_listener, version_placed>> placement_ledger::states() const {
  std::map<version_key, std::pair<version_listener, version_placed>> all;
  for (const auto& [deployment, needed] : needs_)
    for (const auto& order : needed.demand.pools)
      all[{deployment, order.id.number}] = {needed.demand.from, state_of(needed.demand, order)};
  return all;
}

const pool_order* placement_ledger::order_of(const version_key& key) const {
  auto needed = needs_.find(key.first);
  if (needed == needs_.end())
    return nullptr;
  const auto& orders = needed->second.demand.pools;
  auto found =
      std::find_if(orders.begin(), orders.end(), [&key](const pool_order& order) { return order.id.number == key.second; });
  return found == orders.end() ? nullptr : &*found;
}

std::vector<placement_node> placement_ledger::placement_nodes() const {
  std::vector<placement_node> places;
  for (const auto& [id, node] : nodes_) {
    places.push_back(node.view.place);
    places.back().use = use_of(node);
  }
  return places;
}

std::vector<placed_replicas> placement_ledger::placed_now() const {
  std::vector<placed_replicas> placed;
  for (const auto& [id, node] : nodes_)
    for (const auto& [key, replicas] : node.shares)
      if (replicas > 0 && !is_stuck(node, key))
        placed.push_back({{key.first, key.second}, id, replicas});
  return placed;
}

const pool_report* placement_ledger::report_of(const node_slot& node, const version_key& key) const {
  auto wanted = order_of(key);
  if (wanted == nullptr || !node.report)
    return nullptr;
  const auto& pools = node.report->pools;
  auto found = std::find_if(pools.begin(), pools.end(), [wanted](const pool_report& running) {
    return running.status.id == wanted->id && running.fingerprint == wanted->fingerprint && running.phase != pool_phase::draining;
  });
  return found == pools.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> placement_ledger::measured_replica(const version_id& id) const {
  std::optional<std::uint64_t> most;
  for (const auto& [node_id, node] : nodes_) {
    auto running = report_of(node, {id.deployment, id.number});
    auto serving = running == nullptr ? 0 : serving_of(*running);
    if (serving > 0 && running->memory_bytes > 0)
      most = std::max(most.value_or(0), in_steps(running->memory_bytes / serving));
  }
  return most;
}

placement_use placement_ledger::use_of(const node_slot& node) {
  auto use = node.view.place.use;
  return node.mute && use == placement_use::usable ? placement_use::suspect : use;
}

bool placement_ledger::is_stuck(const node_slot& node, const version_key& key) const {
  auto use = use_of(node);
  if (use != placement_use::suspect && use != placement_use::full)
    return false;
  auto running = report_of(node, key);
  return running == nullptr || (!running->loaded && serving_of(*running) == 0);
}

bool placement_ledger::is_complete(const node_slot& node, const version_key& key) const {
  auto running = report_of(node, key);
  auto share = node.shares.find(key);
  return running != nullptr && share != node.shares.end() && running->complete && running->wanted == share->second;
}

bool placement_ledger::covers(const version_key& key, const std::map<std::string, std::uint32_t>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [this, &key](const auto& each) {
    auto found = nodes_.find(each.first);
    if (found == nodes_.end())
      return true;
    auto running = report_of(found->second, key);
    return running != nullptr && serving_of(*running) >= each.second;
  });
}

std::vector<pool_order> placement_ledger::orders_for(const std::string& id) const {
  const auto& node = nodes_.at(id);
  std::vector<pool_order> orders;
  for (const auto& [key, replicas] : node.shares) {
    auto wanted = order_of(key);
    if (wanted == nullptr)
      continue;
    orders.push_back(*wanted);
    orders.back().replicas = replicas;
  }
  for (const auto& [key, going] : node.leaving)
    if (auto wanted = order_of(key); wanted != nullptr) {
      orders.push_back(*wanted);
      orders.back().replicas = going.replicas;
    }
  return orders;
}

std::vector<route_order> placement_ledger::routes() const {
  std::vector<route_order> all;
  for (const auto& [deployment, needed] : needs_) {
    const auto& demand = needed.demand;
    route_order route{deployment, demand.why_not, arm_of({deployment, demand.routed}), {}, demand.split, {}};
    if (demand.split.candidate != 0)
      route.candidate = arm_of({deployment, demand.split.candidate});
    for (auto other : demand.split.others)
      route.others.push_back(arm_of({deployment, other}));
    if (auto missing = shortfalls_.find({deployment, demand.routed});
        demand.routed != 0 && route.live.shares.empty() && missing != shortfalls_.end())
      route.why_not = {error_code::unavailable, "deployment '" + deployment + "' runs nowhere: " + missing->second.advice};
    all.push_back(std::move(route));
  }
  return all;
}

route_arm placement_ledger::arm_of(const version_key& key) const {
  route_arm arm{key.second, {}, {}};
  if (auto order = order_of(key); order != nullptr)
    arm.model_toml = order->model_toml;
  for (const auto& [id, node] : nodes_) {
    auto running = report_of(node, key);
    auto share = node.shares.find(key);
    if (running != nullptr && share != node.shares.end() && serving_of(*running) > 0)
      arm.shares.push_back({id, share->second});
  }
  return arm;
}

version_placed placement_ledger::state_of(const deployment_demand& demand, const pool_order& order) const {
  version_key key{demand.deployment, order.id.number};
  version_placed state;
  state.version = order.id.number;
  state.sequence = demand.sequence;
  state.loaded = state.started = state.complete = true;
  std::uint32_t placed = 0;
  for (const auto& [id, node] : nodes_) {
    auto share = node.shares.find(key);
    if (share == node.shares.end() || node.view.place.use == placement_use::gone)
      continue;
    placed += share->second;
    auto running = report_of(node, key);
    state.loaded = state.loaded && running != nullptr && running->loaded;
    state.started = state.started && running != nullptr && running->started;
    state.complete = state.complete && is_complete(node, key);
    bool may_answer = running != nullptr && use_of(node) != placement_use::suspect;
    state.serving += may_answer ? serving_of(*running) : 0;
    if (running != nullptr && running->phase == pool_phase::failed)
      state.failed = running->why;
  }
  if (placed < order.replicas)
    state.loaded = state.started = state.complete = false;
  if (auto missing = shortfalls_.find(key); missing != shortfalls_.end()) {
    state.unplaced = missing->second.advice;
    state.may_pass = missing->second.may_pass;
  }
  return state;
}

traffic_view placement_ledger::traffic_of(const std::string& deployment) const {
  traffic_view traffic;
  for (const auto& [id, node] : nodes_) {
    if (!node.report || node.view.place.use == placement_use::gone)
      continue;
    for (const auto& running : node.report->pools)
      if (running.status.id.deployment == deployment && running.did)
        traffic.pools.push_back({id, running.status.id.number, *running.did, running.memory_bytes, serving_of(running)});
    for (const auto& fuse : node.report->fuses)
      if (fuse.deployment == deployment)
        traffic.fuses.push_back({fuse.split_number, {node.view.name, fuse.failures}});
    for (const auto& watch : node.report->watches)
      if (watch.deployment == deployment)
        traffic.watches.push_back({id, watch.split_number, watch.seen});
  }
  return traffic;
}

placement_view placement_ledger::view_of(const std::string& deployment, const node_report& own) const {
  std::map<version_number, placed_version> versions;
  for (const auto& [id, node] : nodes_) {
    if (!node.report || node.view.place.use == placement_use::gone)
      continue;
    for (const auto& running : id == own.node_id ? own.pools : node.report->pools)
      if (running.status.id.deployment == deployment)
        add(versions[running.status.id.number], running.status, node.view);
  }
  placement_view view;
  for (auto& [number, told] : versions) {
    told.version = number;
    told.draining = order_of({deployment, number}) == nullptr;
    view.versions.push_back(std::move(told));
  }
  return view;
}

} // namespace troupe

#include "actors/placer.hpp"

#include "runtime/base/model_toml.hpp"

#include <caf/skip.hpp>

#include <algorithm>

namespace troupe {

namespace {

bool same(const placement_node& a, const placement_node& b) {
  return a.cores == b.cores && a.memory_bytes == b.memory_bytes && a.memory_others_bytes == b.memory_others_bytes
         && a.labels == b.labels && a.use == b.use;
}

bool same(const pool_order& a, const pool_order& b) {
  return a.id == b.id && a.fingerprint == b.fingerprint && a.replicas == b.replicas && a.may_start == b.may_start
         && a.proven == b.proven;
}

bool same(const route_share& a, const route_share& b) {
  return a.node_id == b.node_id && a.replicas == b.replicas;
}

bool same(const route_order& a, const route_order& b) {
  return a.deployment == b.deployment && a.version == b.version && a.why_not.code == b.why_not.code
         && a.why_not.message == b.why_not.message && a.model_toml == b.model_toml
         && std::equal(a.shares.begin(), a.shares.end(), b.shares.begin(), b.shares.end(),
                       [](const auto& x, const auto& y) { return same(x, y); });
}

template <class Order>
bool same_lists(const std::vector<Order>& a, const std::vector<Order>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
}

std::uint32_t serving_of(const pool_report& report) {
  if (report.phase == pool_phase::draining || report.phase == pool_phase::failed)
    return 0;
  const auto& all = report.status.replicas;
  return static_cast<std::uint32_t>(
      std::count_if(all.begin(), all.end(), [](const auto& replica) { return replica.phase == replica_phase::serving; }));
}

/// Whether two reports say the same, but for counters.
bool same_but_counters(const pool_report& a, const pool_report& b) {
  return a.status.id == b.status.id && a.fingerprint == b.fingerprint && a.phase == b.phase && a.wanted == b.wanted
         && a.loaded == b.loaded && a.started == b.started && a.complete == b.complete && serving_of(a) == serving_of(b);
}

bool same_but_counters(const node_report& a, const node_report& b) {
  return a.epoch == b.epoch && a.revision == b.revision
         && std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(),
                       [](const auto& x, const auto& y) { return same_but_counters(x, y); });
}

bool same(const version_placed& a, const version_placed& b) {
  return a.sequence == b.sequence && a.loaded == b.loaded && a.started == b.started && a.complete == b.complete
         && a.serving == b.serving && a.failed.message == b.failed.message && a.unplaced == b.unplaced;
}

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

// -- states -----------------------------------------------------------------------------------------------------------------------

placer_state::behavior_type placer_state::begin(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  node_view own{{node.node_id, node.machine.cores, node.machine.memory_bytes, 0, node.machine.labels, placement_use::usable},
                node.node_name,
                {}};
  nodes_[node.node_id].view = std::move(own);
  self_->request(node.actors.pools.get(), node.timing.patience, get_report{})
      .then([this](const node_report& report) { self_->send(self_, report); },
            [this](const caf::error& reason) { self_->quit(reason); });
  unheard_.insert(node.node_id);
  first_revision_ = static_cast<std::uint64_t>(node.time.wall_now().time_since_epoch() / std::chrono::microseconds(1));
  if (node.network == nullptr)
    gather_nodes({});
  return gathering();
}

placer_state::behavior_type placer_state::gathering() {
  return {
      [this](get_status) { return status("gathering"); },
      [](await_ready) { return ready{}; },
      [this](const deployment_demand& demand) { return gather_demand(demand); },
      [this](const drop_demand& ask) -> caf::result<done> {
        needs_.erase(ask.deployment);
        return done{};
      },
      [this](const retain_demands& ask) { gather_names(ask); },
      [this](const node_report& report) { gather_report(report); },
      [this](const nodes_changed& change) { gather_nodes(change); },
      [this](const get_placement& ask) { return on_get(ask); },
      [this](gathered_enough) {
        unheard_.clear();
        begin_if_gathered();
      },
      [](const ask_again&) {},
  };
}

placer_state::behavior_type placer_state::placing() {
  return {
      [this](get_status) { return status("placing"); },
      [](await_ready) { return ready{}; },
      [this](const deployment_demand& demand) { return on_demand(demand); },
      [this](const drop_demand& ask) { return on_drop(ask); },
      [this](const retain_demands& ask) { on_retain(ask); },
      [this](const node_report& report) { on_report(report); },
      [this](const nodes_changed& change) { on_nodes(change); },
      [this](const get_placement& ask) { return on_get(ask); },
      [](gathered_enough) {},
      [this](const ask_again& again) {
        if (auto found = nodes_.find(again.node_id); found != nodes_.end())
          send_to(found->first, found->second);
      },
  };
}

// -- while it gathers -------------------------------------------------------------------------------------------------------------

/// A leader that doesn't know yet who else is there would have this node run everything.
void placer_state::gather_nodes(const nodes_changed& change) {
  if (!change.nodes.empty())
    set_nodes(change);
  if (!std::exchange(nodes_known_, true))
    self_->delayed_send(self_, node_->timing.gather_patience, gathered_enough{});
  begin_if_gathered();
}

void placer_state::gather_names(const retain_demands& ask) {
  expected_ = ask.deployments;
  begin_if_gathered();
}

caf::result<done> placer_state::gather_demand(const deployment_demand& demand) {
  take(demand);
  auto answer = self_->make_response_promise<done>();
  early_.push_back(answer);
  begin_if_gathered();
  return answer;
}

void placer_state::gather_report(const node_report& report) {
  note(report);
  begin_if_gathered();
}

void placer_state::begin_if_gathered() {
  auto told = [this](const std::string& deployment) { return needs_.count(deployment) != 0; };
  if (!nodes_known_ || !unheard_.empty() || !expected_ || !std::all_of(expected_->begin(), expected_->end(), told))
    return;
  self_->become(placing());
  replan(); // with what all have told, those too that are new since the names were
  for (auto& answer : std::exchange(early_, {}))
    await_nodes(std::move(answer));
}

// -- what is asked and what happens -------------------------------------------------------------------------------------------------

caf::result<done> placer_state::on_demand(const deployment_demand& demand) {
  take(demand);
  replan();
  return answer_when_known();
}

caf::result<done> placer_state::on_drop(const drop_demand& ask) {
  needs_.erase(ask.deployment);
  replan();
  return answer_when_known();
}

void placer_state::on_retain(const retain_demands& ask) {
  std::set<std::string> left(ask.deployments.begin(), ask.deployments.end());
  for (auto it = needs_.begin(); it != needs_.end();)
    it = left.count(it->first) != 0 ? std::next(it) : needs_.erase(it);
  replan();
}

void placer_state::on_report(const node_report& report) {
  if (note(report))
    replan();
}

void placer_state::on_nodes(const nodes_changed& change) {
  if (set_nodes(change))
    replan();
}

void placer_state::on_taken(const std::string& node_id, const assignment_taken& answer, std::uint64_t revision) {
  auto found = nodes_.find(node_id);
  if (found == nodes_.end())
    return;
  auto& node = found->second;
  node.asked = false;
  node.silent = !answer.taken;
  if (answer.taken)
    node.acked = std::max(node.acked, revision);
  else if (answer.by.epoch > node_->lead.get().epoch && node_->follow)
    return step_down(answer.by);
  else
    return on_not_taken(node_id);
  send_to(node_id, node);
  settle_waiters();
}

/// Somebody else leads since: this node's word no longer counts.
void placer_state::step_down(const leadership& other) {
  if (auto followed = node_->follow(other); !followed)
    node_->events.emit(
        {node_->time.wall_now(), severity::error, "mandate_refused", {{"reason", followed.failure().message}}, "placer"});
}

void placer_state::on_not_taken(const std::string& node_id) {
  auto found = nodes_.find(node_id);
  if (found == nodes_.end())
    return;
  found->second.asked = false;
  found->second.silent = true;
  self_->delayed_send(self_, node_->timing.retry_base, ask_again{node_id});
  settle_waiters();
}

/// Of its own node it tells what is so just now.
caf::result<placement_view> placer_state::on_get(const get_placement& ask) {
  auto answer = self_->make_response_promise<placement_view>();
  self_->request(node_->actors.pools.get(), node_->timing.patience, get_report{})
      .then([this, answer, ask](const node_report& own) mutable { answer.deliver(view_of(ask.deployment, own)); },
            [this, answer, ask](const caf::error&) mutable { answer.deliver(view_of(ask.deployment, {})); });
  return answer;
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

bool placer_state::note(const node_report& report) {
  auto found = nodes_.find(report.node_id);
  if (found == nodes_.end())
    return false;
  auto& node = found->second;
  if (node.report && report.sequence < node.report->sequence)
    return false; // it was overtaken
  bool first = !node.report;
  bool news = first || !same_but_counters(*node.report, report);
  node.report = report;
  if (first) {
    unheard_.erase(report.node_id);
    // What it runs, from a life of the leader before or while it was away, is where placement begins.
    for (const auto& running : report.pools)
      if (running.phase != pool_phase::draining && running.phase != pool_phase::failed)
        node.shares[{running.status.id.deployment, running.status.id.number}] = running.wanted;
    node.sent.revision = std::max(first_revision_, report.revision); // what an earlier life has sent may come yet
  }
  if (report.epoch != node_->lead.get().epoch || report.revision < node.acked) { // it has forgotten what it was told
    node.acked = 0;
    send_to(report.node_id, node);
  }
  return news;
}

void placer_state::take(const deployment_demand& demand) {
  need next{demand, {}};
  for (const auto& order : demand.pools)
    if (order.replicas > 0)
      next.weights.push_back(demand_of(order));
  needs_[demand.deployment] = std::move(next);
}

bool placer_state::set_nodes(const nodes_changed& change) {
  bool is_news = false;
  std::set<std::string> there;
  for (const auto& view : change.nodes) {
    there.insert(view.place.id);
    auto [slot, is_new] = nodes_.try_emplace(view.place.id);
    is_news = is_news || is_new || !same(slot->second.view.place, view.place);
    slot->second.view = view;
    if (is_new && view.place.use != placement_use::gone)
      unheard_.insert(view.place.id);
    if (view.place.use == placement_use::gone)
      unheard_.erase(view.place.id);
  }
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    bool is_there = there.count(it->first) != 0;
    is_news = is_news || !is_there;
    it = is_there ? std::next(it) : nodes_.erase(it);
  }
  return is_news;
}

void placer_state::replan() {
  if (is_replaced())
    return;
  auto leavers = last_leaver_;
  move_towards(plan());
  compose_all();
  let_leavers_go(leavers);
  tell_deployments();
  settle_waiters();
}

placer_state::target_counts placer_state::plan() {
  std::vector<placement_demand> demands;
  for (const auto& [deployment, needed] : needs_)
    for (auto weight : needed.weights) {
      if (weight.replica_bytes == 0)
        weight.replica_bytes = measured_replica(weight.version).value_or(unmeasured_bytes);
      demands.push_back(std::move(weight));
    }
  auto planned = plan_placement(placement_nodes(), demands, placed_now());
  tell_shortfalls(planned.shortfalls);
  target_counts target;
  for (const auto& placed : planned.target)
    target[{placed.version.deployment, placed.version.number}][placed.node] = placed.replicas;
  return target;
}

/// What a node gains it gets at once. What it loses it keeps until all of the target serves, unless fewer are wanted in all.
void placer_state::move_towards(const target_counts& target) {
  static const std::map<std::string, std::uint32_t> none;
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
  for (auto& [id, node] : nodes_)
    for (auto it = node.shares.begin(); it != node.shares.end();) {
      auto wanted = target.find(it->first);
      const auto& counts = wanted == target.end() ? none : wanted->second;
      auto here = counts.find(id);
      std::uint32_t goal = here == counts.end() ? 0 : here->second;
      bool may_lose = order_of(it->first) == nullptr || counts.empty() || covers(it->first, counts);
      if (it->second > 0 && goal == 0 && may_lose && !counts.empty())
        node.leaving[it->first] = {it->second, ++last_leaver_};
      if (it->second > goal && may_lose)
        it->second = goal;
      it = it->second == 0 && goal == 0 && may_lose ? node.shares.erase(it) : std::next(it);
    }
}

void placer_state::let_leavers_go(std::uint64_t from) {
  if (last_leaver_ == from)
    return;
  await_nodes(false, [this, from, to = last_leaver_] {
    for (auto& [id, node] : nodes_)
      for (auto it = node.leaving.begin(); it != node.leaving.end();)
        it = it->second.number > from && it->second.number <= to ? node.leaving.erase(it) : std::next(it);
    compose_all();
  });
}

void placer_state::compose_all() {
  auto all = routes();
  for (auto& [id, node] : nodes_)
    if (node.view.place.use != placement_use::gone && node.report)
      compose(id, node, all);
}

void placer_state::compose(const std::string& id, node_slot& node, const std::vector<route_order>& routes) {
  auto orders = orders_for(node);
  if (node.composed && same_lists(orders, node.sent.pools) && same_lists(routes, node.sent.routes))
    return send_to(id, node); // it may have been gone since it should have had it
  node.composed = true;
  node.sent = {node_->lead.get(), node.sent.revision + 1, std::move(orders), routes};
  send_to(id, node);
}

void placer_state::send_to(const std::string& id, node_slot& node) {
  if (is_replaced() || node.asked || !node.composed || node.acked >= node.sent.revision
      || node.view.place.use == placement_use::gone)
    return;
  node.asked = true;
  auto own = caf::actor_cast<assignee>(node_->actors.pools.get()); // nobody keeps its handle: it may be another by now
  self_->request(id == node_->node_id ? own : node.view.takes, node_->timing.patience, node.sent)
      .then([this, id, revision = node.sent.revision](const assignment_taken& answer) { on_taken(id, answer, revision); },
            [this, id](const caf::error&) { on_not_taken(id); });
}

caf::result<done> placer_state::answer_when_known() {
  auto answer = self_->make_response_promise<done>();
  await_nodes(answer);
  return answer;
}

void placer_state::await_nodes(caf::typed_response_promise<done> answer) {
  await_nodes(true, [answer]() mutable { answer.deliver(done{}); });
}

void placer_state::await_nodes(bool for_silent, std::function<void()> go_on) {
  waiter next{{}, for_silent, std::move(go_on)};
  for (const auto& [id, node] : nodes_)
    next.revisions[id] = node.sent.revision;
  waiters_.push_back(std::move(next));
  settle_waiters();
}

/// Nodes that can't be reached just now are not waited for: they go by what they were told last, and hear the rest when they are back.
void placer_state::settle_waiters() {
  auto waits = [this](const waiter& one) {
    return std::any_of(one.revisions.begin(), one.revisions.end(), [&](const auto& each) {
      auto node = nodes_.find(each.first);
      return node != nodes_.end() && node->second.view.place.use != placement_use::gone
             && node->second.view.place.use != placement_use::suspect && node->second.acked < each.second
             && (one.for_silent || !node->second.silent);
    });
  };
  std::vector<waiter> settled;
  for (auto& each : std::exchange(waiters_, {}))
    (waits(each) ? waiters_ : settled).push_back(std::move(each));
  for (auto& each : settled)
    each.go_on();
}

void placer_state::tell_deployments() {
  std::map<version_key, version_placed> now;
  for (const auto& [deployment, needed] : needs_)
    for (const auto& order : needed.demand.pools) {
      version_key key{deployment, order.id.number};
      now[key] = state_of(needed.demand, order);
      auto before = told_.find(key);
      if (before == told_.end() || !same(before->second, now[key]))
        self_->send(needed.demand.from, now[key]);
    }
  told_ = std::move(now);
}

void placer_state::tell_shortfalls(const std::vector<placement_shortfall>& now) {
  std::map<version_key, std::string> next;
  for (const auto& each : now) {
    version_key key{each.version.deployment, each.version.number};
    next[key] = each.advice;
    if (auto before = shortfalls_.find(key); before == shortfalls_.end() || before->second != each.advice)
      node_->events.emit({node_->time.wall_now(),
                          severity::warn,
                          "replicas_unplaced",
                          {{"deployment", each.version.deployment},
                           {"version", std::to_string(each.version.number)},
                           {"missing", std::to_string(each.missing)},
                           {"reason", each.advice}},
                          "placer"});
  }
  shortfalls_ = std::move(next);
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

/// Another node leads, and this one is about to end.
bool placer_state::is_replaced() const {
  return node_->follow && node_->lead.get().leader_id != node_->node_id;
}

const pool_order* placer_state::order_of(const version_key& key) const {
  auto needed = needs_.find(key.first);
  if (needed == needs_.end())
    return nullptr;
  const auto& orders = needed->second.demand.pools;
  auto found =
      std::find_if(orders.begin(), orders.end(), [&key](const pool_order& order) { return order.id.number == key.second; });
  return found == orders.end() ? nullptr : &*found;
}

std::vector<placement_node> placer_state::placement_nodes() const {
  std::vector<placement_node> places;
  for (const auto& [id, node] : nodes_)
    places.push_back(node.view.place);
  return places;
}

std::vector<placed_replicas> placer_state::placed_now() const {
  std::vector<placed_replicas> placed;
  for (const auto& [id, node] : nodes_)
    for (const auto& [key, replicas] : node.shares)
      if (replicas > 0)
        placed.push_back({{key.first, key.second}, id, replicas});
  return placed;
}

const pool_report* placer_state::report_of(const node_slot& node, const version_key& key) const {
  auto wanted = order_of(key);
  if (wanted == nullptr || !node.report)
    return nullptr;
  const auto& pools = node.report->pools;
  auto found = std::find_if(pools.begin(), pools.end(), [wanted](const pool_report& running) {
    return running.status.id == wanted->id && running.fingerprint == wanted->fingerprint && running.phase != pool_phase::draining;
  });
  return found == pools.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> placer_state::measured_replica(const version_id& id) const {
  std::optional<std::uint64_t> most;
  for (const auto& [node_id, node] : nodes_) {
    auto running = report_of(node, {id.deployment, id.number});
    auto serving = running == nullptr ? 0 : serving_of(*running);
    if (serving > 0 && running->memory_bytes > 0)
      most = std::max(most.value_or(0), in_steps(running->memory_bytes / serving));
  }
  return most;
}

bool placer_state::is_complete(const node_slot& node, const version_key& key) const {
  auto running = report_of(node, key);
  auto share = node.shares.find(key);
  return running != nullptr && share != node.shares.end() && running->complete && running->wanted == share->second;
}

bool placer_state::covers(const version_key& key, const std::map<std::string, std::uint32_t>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [this, &key](const auto& each) {
    auto found = nodes_.find(each.first);
    if (found == nodes_.end())
      return true;
    auto running = report_of(found->second, key);
    return running != nullptr && serving_of(*running) >= each.second;
  });
}

std::vector<pool_order> placer_state::orders_for(const node_slot& node) const {
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

std::vector<route_order> placer_state::routes() const {
  std::vector<route_order> all;
  for (const auto& [deployment, needed] : needs_) {
    const auto& demand = needed.demand;
    route_order route{deployment, demand.routed, demand.why_not, {}, {}};
    version_key key{deployment, demand.routed};
    if (auto order = order_of(key); order != nullptr)
      route.model_toml = order->model_toml;
    for (const auto& [id, node] : nodes_) {
      auto running = report_of(node, key);
      auto share = node.shares.find(key);
      if (running != nullptr && share != node.shares.end() && serving_of(*running) > 0)
        route.shares.push_back({id, share->second});
    }
    all.push_back(std::move(route));
  }
  return all;
}

version_placed placer_state::state_of(const deployment_demand& demand, const pool_order& order) const {
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
    state.serving += running == nullptr ? 0 : serving_of(*running);
    if (running != nullptr && running->phase == pool_phase::failed)
      state.failed = running->why;
  }
  if (placed < order.replicas)
    state.loaded = state.started = state.complete = false;
  if (auto missing = shortfalls_.find(key); missing != shortfalls_.end())
    state.unplaced = missing->second;
  return state;
}

placement_view placer_state::view_of(const std::string& deployment, const node_report& own) const {
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

actor_status placer_state::status(const char* state) const {
  actor_status own;
  own.kind = "placer";
  own.state = state;
  own.since = since_;
  own.detail = std::to_string(nodes_.size()) + " nodes, " + std::to_string(needs_.size()) + " deployments";
  return own;
}

placer_state::behavior_type placer(placer_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

} // namespace troupe

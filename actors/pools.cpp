#include "actors/pools.hpp"

#include "actors/errors.hpp"
#include "actors/pool.hpp"
#include "actors/status.hpp"
#include "actors/supervisor.hpp"
#include "runtime/base/model_toml.hpp"

#include <caf/actor_cast.hpp>
#include <caf/skip.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

// -- states -----------------------------------------------------------------------------------------------------------------------

pools_state::behavior_type pools_state::begin(const actor_environment& node) {
  node_ = &node;
  routes_.emplace(node);
  since_ = node.time.now();
  supervisor_options below{node.time, node.events, rng(node.seeds.next())};
  below.name = "pools";
  below.intensity.restarts_max = restart_intensity::unlimited;
  below.backoff.base = node.timing.retry_base;
  below.backoff.max = node.timing.retry_max;
  supervisor_ = self_->spawn<caf::linked>(supervisor, std::move(below));
  self_->send(supervisor_, watch_children{self_});
  if (node.network == nullptr) { // it is told anew by itself
    self_->send(self_, report_now{});
    return following();
  }
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, load_assignment{})
      .then([this](const kept_assignment& kept) { on_kept(kept.what); },
            [this](const caf::error& reason) {
              complain("assignment_not_read", to_error(reason));
              on_kept({});
            });
  return loading();
}

pools_state::behavior_type pools_state::loading() {
  return {
      [this](get_status ask) { return status("loading", ask.patience); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [](const assignment&) -> caf::result<assignment_taken> { return caf::skip(); },
      [](get_report) -> caf::result<node_report> { return caf::skip(); },
      [](const pool_news&) {},
      [](const child_up&) {},
      [](const child_down&) {},
      [](report_now) {},
  };
}

pools_state::behavior_type pools_state::following() {
  return {
      [this](get_status ask) { return status("following", ask.patience); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [this](const assignment& next) { return on_assignment(next); },
      [this](get_report) { return told(); },
      [this](const pool_news& news) { on_pool_news(news); },
      [this](const child_up& up) { on_pool_up(up); },
      [this](const child_down& down) { on_pool_down(down); },
      [this](report_now) {
        measure_next();
        set_priorities();
        keep(); // if the disk refused it
        report();
        self_->delayed_send(self_, node_->timing.report_interval, report_now{});
      },
  };
}

// -- what is asked and what happens -------------------------------------------------------------------------------------------------

void pools_state::on_kept(const std::optional<assignment>& kept) {
  self_->become(following());
  if (kept) {
    kept_ = mark_of(*kept);
    take(*kept);
    publish(); // then it is ready
  } else {
    be_ready(); // what is served, the first assignment tells
  }
  self_->send(self_, report_now{});
}

caf::result<assignment_taken> pools_state::on_assignment(const assignment& next) {
  if (auto lead = followed(); next.by.epoch < lead.epoch || (next.by.epoch == lead.epoch && next.by.leader_id != lead.leader_id))
    return assignment_taken{lead, false};
  if (next.by.epoch > node_->lead.get().epoch && node_->follow)
    if (auto followed = node_->follow(next.by); !followed)
      return make_error(followed.failure().code, followed.failure().message);
  if (mark_of(next) > mark_of(now_)) { // else it came late, or twice
    take(next);
    publish();
    report();
  }
  auto answer = self_->make_response_promise<assignment_taken>();
  awaiting_taken_.push_back(answer);
  keep();
  settle();
  return answer;
}

void pools_state::on_pool_news(const pool_news& news) {
  auto found = slots_.find(key_of(news.report.status.id));
  if (found == slots_.end())
    return;
  auto& running = found->second;
  bool served = running.target != nullptr;
  running.report = news.report;
  running.report.fingerprint = running.order.fingerprint;
  set_priorities();
  if (!running.leaving && !served && news.report.phase == pool_phase::serving) {
    running.target = news.target;
    publish();
  }
  report();
}

void pools_state::on_pool_up(const child_up& up) {
  auto running = find(up.id);
  if (running == nullptr || running->leaving)
    return;
  running->pool = caf::actor_cast<pool_actor>(up.handle);
  instruct(*running); // perhaps that was changed while it started
}

void pools_state::on_pool_down(const child_down& down) {
  auto running = find(down.id);
  if (running == nullptr)
    return;
  running->pool = pool_actor();
  if (running->target != nullptr && !running->leaving) { // the next one has a queue of its own
    running->target.reset();
    publish();
  }
  if (running->report.phase != pool_phase::failed)
    running->report.phase = pool_phase::fetching;
  report();
}

void pools_state::on_pool_stopped(const pool_key& key) {
  auto found = slots_.find(key);
  if (found == slots_.end() || !found->second.leaving)
    return;
  auto again = found->second.ordered_again ? std::optional(found->second.order) : std::nullopt;
  slots_.erase(found);
  if (again)
    take_order(*again);
  report();
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void pools_state::take(const assignment& next) {
  now_ = next;
  now_.revoked = node_->revoked.add(next.revoked, node_->time.wall_now());
  std::set<pool_key> ordered;
  for (const auto& order : now_.pools) {
    ordered.insert(key_of(order.id));
    take_order(order);
  }
  for (auto& [key, running] : slots_)
    if (ordered.count(key) == 0)
      stop(key, running);
  set_priorities(); // before requests go there
}

void pools_state::set_priorities() {
  if (!node_->set_idle)
    return;
  std::set<pid_t> idle;
  for (const auto& [key, running] : slots_)
    for (const auto& replica : running.report.status.replicas)
      if (replica.pid != 0 && gets_only_copies(running.order.id)) {
        idle.insert(replica.pid);
        node_->set_idle(replica.pid, true); // again, too: it may have more threads since
      } else if (replica.pid != 0 && idle_.count(replica.pid) != 0) {
        node_->set_idle(replica.pid, false);
      }
  idle_ = std::move(idle);
}

bool pools_state::gets_only_copies(const version_id& id) const {
  return std::any_of(now_.routes.begin(), now_.routes.end(), [&id](const route_order& route) {
    const auto& split = route.split;
    return route.deployment == id.deployment && split.candidate == id.number && split.weight == 0 && split.copies > 0;
  });
}

void pools_state::keep() {
  if (node_->network == nullptr)
    kept_ = mark_of(now_);
  if (keeping_ || kept_ == mark_of(now_))
    return;
  keeping_ = mark_of(now_);
  self_->request(node_->actors.keeper.get(), node_->timing.keeper_patience, keep_assignment{now_})
      .then(
          [this](done) {
            kept_ = *std::exchange(keeping_, std::nullopt);
            not_kept_why_.clear();
            keep(); // it may be another meanwhile
            settle();
          },
          [this](const caf::error& reason) {
            not_kept_ = *std::exchange(keeping_, std::nullopt);
            if (auto why = to_error(reason); std::exchange(not_kept_why_, why.message) != why.message)
              complain("assignment_not_kept", why);
            settle(); // tried again with the next report: what the cluster serves doesn't wait for this disk
          });
}

void pools_state::settle() {
  auto which = mark_of(now_);
  if ((kept_ != which && not_kept_ != which) || routed_ != which)
    return;
  for (auto& waiting : std::exchange(awaiting_taken_, {}))
    waiting.deliver(assignment_taken{now_.by, true});
}

void pools_state::take_order(const pool_order& order) {
  auto key = key_of(order.id);
  auto& running = slots_[key];
  if (running.wanted == nullptr) {
    running.order = order;
    running.wanted = std::make_shared<std::atomic<std::uint32_t>>(order.replicas);
    running.report.fingerprint = order.fingerprint;
    running.report.status.id = order.id;
    running.report.wanted = order.replicas;
    return start(key);
  }
  if (!running.leaving && running.order.fingerprint != order.fingerprint)
    stop(key, running);
  running.order = order;
  if (running.leaving) {
    running.ordered_again = true;
    return;
  }
  running.wanted->store(order.replicas);
  instruct(running);
}

void pools_state::instruct(const slot& running) {
  if (!running.pool)
    return; // it is told once it is up
  self_->send(running.pool, set_replicas{running.order.replicas});
  if (running.order.may_start)
    self_->send(running.pool, proceed{});
}

void pools_state::start(const pool_key& key) {
  auto& starting = slots_[key];
  auto spec = parse_model_toml(starting.order.model_toml, "model.toml");
  if (!spec) {
    starting.report.phase = pool_phase::failed;
    starting.report.why = spec.failure();
    return;
  }
  child_spec child;
  child.id = key;
  child.kind = "pool";
  child.restart = restart_type::transient;
  child.shutdown.grace = node_->timing.drain_grace + std::chrono::seconds(1);
  pool_options options{*node_,
                       caf::actor_cast<pool_owner>(self_),
                       starting.order.id,
                       *spec,
                       starting.order.artifact_sha256,
                       starting.order.golden_sha256,
                       0,
                       starting.order.proven};
  child.start = [options, wanted = starting.wanted](caf::local_actor& parent) -> supervised_actor {
    auto now = options;
    now.wanted = wanted->load();
    return parent.spawn(pool_keeper, std::move(now));
  };
  self_->request(supervisor_, node_->timing.patience, start_child{std::move(child)})
      .then([](const child_up&) {}, [this](const caf::error& reason) { self_->quit(reason); });
}

void pools_state::stop(const pool_key& key, slot& running) {
  running.ordered_again = false;
  if (running.leaving)
    return;
  running.leaving = true;
  running.target.reset();
  auto gone = [this, key] { on_pool_stopped(key); };
  self_->request(supervisor_, 2 * node_->timing.drain_grace, stop_child{key})
      .then([gone](const child_down&) { gone(); }, [gone](const caf::error&) { gone(); });
}

void pools_state::publish() {
  auto serving = [this](const version_id& id) {
    auto running = slots_.find(key_of(id));
    return running == slots_.end() ? nullptr : running->second.target;
  };
  self_->request(node_->actors.router.get(), node_->timing.patience, set_routes{routes_->table_of(now_.routes, serving)})
      .then(
          [this, which = mark_of(now_)](done) {
            routed_ = which;
            settle();
            be_ready();
          },
          [this](const caf::error& reason) { self_->quit(reason); });
}

void pools_state::be_ready() {
  for (auto& waiting : std::exchange(awaiting_ready_, {}))
    waiting.deliver(ready{});
}

void pools_state::report() {
  if (auto placer = node_->actors.placer.get())
    self_->send(placer, told());
}

void pools_state::measure_next() {
  if (!node_->memory_of || slots_.empty())
    return;
  auto next = slots_.upper_bound(measured_);
  if (next == slots_.end())
    next = slots_.begin();
  measured_ = next->first;
  std::uint64_t bytes = 0;
  for (const auto& replica : next->second.report.status.replicas)
    if (replica.phase == replica_phase::serving && replica.pid != 0)
      bytes += node_->memory_of(replica.pid).value_or(0);
  next->second.memory_bytes = bytes;
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

/// Whose assignments count: no smaller epoch's, and within an epoch no other node's.
leadership pools_state::followed() const {
  auto lead = node_->lead.get();
  return lead.epoch >= now_.by.epoch ? lead : now_.by;
}

pools_state::slot* pools_state::find(const pool_key& key) {
  auto found = slots_.find(key);
  return found == slots_.end() ? nullptr : &found->second;
}

/// By the clock, so that it is above those of its lives before, and of a copy of its folder that ran beside it for a while.
std::uint64_t pools_state::next_sequence() {
  auto now = static_cast<std::uint64_t>(node_->time.wall_now().time_since_epoch().count());
  last_report_ = std::max(last_report_ + 1, now);
  return last_report_;
}

node_report pools_state::told() {
  node_report report{node_->node_id, now_.by.epoch, now_.revision, next_sequence(), {}, {}, {}};
  for (const auto& [key, running] : slots_) {
    report.pools.push_back(running.report);
    auto& last = report.pools.back();
    if (running.leaving)
      last.phase = pool_phase::draining;
    last.memory_bytes = running.memory_bytes;
    if (running.target != nullptr)
      last.status.counters = running.target->count();
    if (running.target != nullptr && running.order.judged)
      last.did = running.target->work();
  }
  if (routes_) {
    report.fuses = routes_->blown_fuses();
    report.watches = routes_->seen();
  }
  return report;
}

void pools_state::complain(const char* event_name, const error& why) {
  node_->events.emit({node_->time.wall_now(), severity::warn, event_name, {{"reason", why.message}}, "pools"});
}

caf::result<actor_status> pools_state::status(const char* state, std::chrono::nanoseconds patience) {
  actor_status own;
  own.kind = "pools";
  own.state = state;
  own.since = since_;
  own.detail = std::to_string(now_.pools.size()) + " versions ordered, epoch " + std::to_string(now_.by.epoch) + ", revision "
               + std::to_string(now_.revision);
  return status_with(self_, std::move(own), supervisor_, patience);
}

pools_state::behavior_type pools(pools_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

} // namespace troupe

#include "actors/supervisor.hpp"

#include "actors/errors.hpp"

#include <algorithm>
#include <memory>

namespace troupe {

namespace {

using std::chrono::nanoseconds;

caf::error reason_on(stop_rung rung) {
  switch (rung) {
  case stop_rung::ask: return caf::exit_reason::user_shutdown;
  case stop_rung::exit: return make_error(error_code::deadline_exceeded, "did not stop when asked");
  default: return caf::exit_reason::kill;
  }
}

/// What is left for the children's answers when ours is due within `patience`.
nanoseconds patience_below(nanoseconds patience) {
  return patience * 3 / 4;
}

std::string milliseconds_text(nanoseconds delay) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(delay).count());
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

supervisor_state::~supervisor_state() {
  for (const auto& slot : children_)
    if (slot.handle)
      caf::anon_send_exit(slot.handle, caf::exit_reason::kill);
}

supervisor_state::behavior_type supervisor_state::begin(supervisor_options options) {
  options_.emplace(std::move(options));
  name = options_->name;
  since_ = now();
  budget_ = restart_budget(options_->intensity);
  for (auto& spec : options_->children)
    children_.add(std::move(spec), options_->backoff);
  self_->set_down_handler([this](caf::down_msg& down) { on_down(down.source, down.reason); });
  self_->set_exit_handler([this](caf::exit_msg& exit) { on_exit_asked(exit.reason); });
  if (children_.size() == 0) { // at once, or the first to ask for a child, whose message may be here already, would be refused
    mode_ = mode::running;
    return running();
  }
  next_look_ = now();
  self_->send(self_, look_again{*next_look_});
  return starting();
}

supervisor_state::behavior_type supervisor_state::starting() {
  auto not_yet = [this] {
    return make_error(error_code::failed_precondition, "'" + name + "' is still starting; await that it is ready");
  };
  return {
      [this](get_status ask) { return on_get_status(ask.patience); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [=](start_child&) -> caf::result<child_up> { return not_yet(); },
      [=](const stop_child&) -> caf::result<child_down> { return not_yet(); },
      [=](const restart_child&) -> caf::result<child_up> { return not_yet(); },
      [this](const watch_children& ask) { on_watch(ask.listener); },
      [this](look_again look) { on_look_again(look.due); },
  };
}

supervisor_state::behavior_type supervisor_state::running() {
  return {
      [this](get_status ask) { return on_get_status(ask.patience); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [this](start_child& ask) { return on_start_child(std::move(ask.spec)); },
      [this](const stop_child& ask) { return on_stop_child(ask.id); },
      [this](const restart_child& ask) { return on_restart_child(ask.id); },
      [this](const watch_children& ask) { on_watch(ask.listener); },
      [this](look_again look) { on_look_again(look.due); },
  };
}

supervisor_state::behavior_type supervisor_state::stopping() {
  auto too_late = [this] { return make_error(error_code::unavailable, "'" + name + "' is stopping"); };
  return {
      [this](get_status ask) { return on_get_status(ask.patience); },
      [=](await_ready) -> caf::result<ready> { return too_late(); },
      [=](start_child&) -> caf::result<child_up> { return too_late(); },
      [=](const stop_child&) -> caf::result<child_down> { return too_late(); },
      [=](const restart_child&) -> caf::result<child_up> { return too_late(); },
      [this](const watch_children& ask) { on_watch(ask.listener); },
      [this](look_again look) { on_look_again(look.due); },
  };
}

// -- what is asked ----------------------------------------------------------------------------------------------------------------

caf::result<child_up> supervisor_state::on_start_child(child_spec spec) {
  if (children_.find(spec.id) != nullptr)
    return make_error(error_code::already_exists, "'" + name + "' has a child '" + spec.id + "' already; stop it first");
  if (children_.size() >= children_max)
    return make_error(error_code::overloaded,
                      "'" + name + "' has " + std::to_string(children_max) + " children, which is the most; stop one first");
  auto& slot = children_.add(std::move(spec), options_->backoff);
  auto answer = slot.awaiting_up.emplace_back(self_->make_response_promise<child_up>());
  advance();
  return answer;
}

caf::result<child_down> supervisor_state::on_stop_child(const std::string& id) {
  auto* slot = children_.find(id);
  if (slot == nullptr)
    return make_error(error_code::not_found, "'" + name + "' has no child '" + id + "'");
  auto answer = slot->awaiting_down.emplace_back(self_->make_response_promise<child_down>());
  slot->goal = child_goal::gone;
  slot->condemn();
  advance();
  return answer;
}

caf::result<child_up> supervisor_state::on_restart_child(const std::string& id) {
  auto* slot = children_.find(id);
  if (slot == nullptr || slot->goal == child_goal::gone)
    return make_error(error_code::not_found, "'" + name + "' has no child '" + id + "'");
  auto answer = slot->awaiting_up.emplace_back(self_->make_response_promise<child_up>());
  slot->goal = child_goal::up;
  slot->not_before = now();
  slot->remember("asked");
  slot->condemn();
  advance();
  return answer;
}

caf::result<actor_status> supervisor_state::on_get_status(nanoseconds patience) {
  struct gathering {
    actor_status status;
    std::size_t missing = 1; // ourselves, so that it is complete only after the loop
  };
  auto all = std::make_shared<gathering>();
  all->status = own_status();
  auto answer = self_->make_response_promise<actor_status>();
  auto one_less = [all, answer]() mutable {
    if (--all->missing == 0)
      answer.deliver(std::move(all->status));
  };
  patience = patience_below(patience);
  for (std::size_t i = 0; i < children_.size(); ++i) {
    all->status.children.push_back(children_[i].status());
    if (!children_[i].handle)
      continue;
    ++all->missing;
    auto merge = [all, one_less, i](actor_status& own) mutable {
      all->status.children[i] = merge_status(std::move(own), all->status.children[i]);
      one_less();
    };
    self_->request(children_[i].handle, patience, get_status{patience}).then(merge, [one_less](caf::error&) mutable {
      one_less();
    });
  }
  one_less();
  return answer;
}

void supervisor_state::on_watch(const child_listener& listener) {
  self_->monitor(listener);
  listeners_.push_back(listener);
  for (const auto& slot : children_)
    if (slot.up_since)
      self_->send(listener, child_up{slot.spec.id, slot.handle});
}

// -- what happens -----------------------------------------------------------------------------------------------------------------

void supervisor_state::on_ready(const caf::actor_addr& child) {
  auto* slot = children_.find(child);
  if (slot == nullptr || slot->phase != child_phase::starting)
    return;
  slot->phase = child_phase::up;
  slot->up_since = now();
  if (slot->is_new()) {
    slot->first_up = now();
  } else {
    ++slot->restarts;
    emit(severity::warn, "child_restarted",
         {{"child", slot->spec.id}, {"reason", slot->history.back()}, {"attempt", std::to_string(slot->backoff.attempt())}});
  }
  for (auto& promise : std::exchange(slot->awaiting_up, {}))
    promise.deliver(child_up{slot->spec.id, slot->handle});
  announce_up(*slot);
  advance();
}

void supervisor_state::on_not_ready(const caf::actor_addr& child, const caf::error& why) {
  auto* slot = children_.find(child);
  if (slot == nullptr || slot->phase != child_phase::starting || why == caf::sec::request_receiver_down)
    return; // its death is reported with a better reason
  slot->failure = why == caf::sec::request_timeout ? make_error(error_code::deadline_exceeded, "not ready in time") : why;
  slot->condemn();
  advance();
}

void supervisor_state::on_down(const caf::actor_addr& source, const caf::error& reason) {
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(),
                                  [&](const child_listener& listener) { return listener.address() == source; }),
                   listeners_.end());
  if (auto* slot = children_.find(source))
    on_child_down(*slot, reason);
  advance();
}

void supervisor_state::on_exit_asked(const caf::error& reason) {
  if (!reason)
    return;
  if (mode_ != mode::stopping)
    begin_stopping(reason);
  else if (!is_normal_exit(reason))
    for (auto& slot : children_)
      if (slot.phase != child_phase::stopping || slot.rung < stop_rung::kill)
        stop(slot, stop_rung::kill);
  advance();
}

void supervisor_state::on_child_down(child_slot& slot, const caf::error& reason) {
  auto phase = std::exchange(slot.phase, child_phase::down);
  auto failure = std::exchange(slot.failure, {});
  auto up_since = std::exchange(slot.up_since, std::nullopt);
  slot.handle = nullptr;
  slot.last_reason = failure ? failure : reason;
  if (phase == child_phase::starting && is_normal_exit(reason))
    slot.last_reason = make_error(error_code::unavailable, "stopped before it was ready");
  if (up_since)
    announce_down(slot);
  bool was_stopped = !failure && (phase == child_phase::condemned || phase == child_phase::stopping);
  if (mode_ == mode::stopping || was_stopped)
    return;
  if (slot.is_new())
    on_first_start_failed(slot);
  else
    on_child_died(slot, up_since ? now() - *up_since : nanoseconds(0));
}

void supervisor_state::on_first_start_failed(child_slot& slot) {
  emit(severity::error, "child_start_failed", {{"child", slot.spec.id}, {"reason", describe(slot.last_reason)}});
  if (mode_ == mode::starting)
    return fail(make_error(to_error(slot.last_reason).code,
                           "'" + slot.spec.id + "' of '" + name + "' did not start: " + describe(slot.last_reason)));
  for (auto& promise : std::exchange(slot.awaiting_up, {})) // who asked for it knows which one it is
    promise.deliver(slot.last_reason);
  slot.goal = child_goal::gone;
}

void supervisor_state::on_child_died(child_slot& slot, nanoseconds up_for) {
  auto reason = describe(slot.last_reason);
  auto plan = plan_exit(options_->strategy, children_.view(), children_.index_of(slot), !is_normal_exit(slot.last_reason));
  if (!plan.restart)
    return on_not_restarted(slot);
  if (!budget_.spend(now()))
    return fail(make_error(error_code::unavailable,
                           "'" + name + "' gave up: too many restarts, the last for '" + slot.spec.id + "': " + reason));
  auto delay = slot.backoff.next(up_for, options_->random);
  emit(severity::warn, "child_failed",
       {{"child", slot.spec.id},
        {"reason", reason},
        {"attempt", std::to_string(slot.backoff.attempt())},
        {"delay_ms", milliseconds_text(delay)}});
  carry_out(plan, slot, now() + delay);
}

void supervisor_state::on_not_restarted(child_slot& slot) {
  slot.goal = slot.spec.restart == restart_type::temporary ? child_goal::gone : child_goal::done;
  if (!is_normal_exit(slot.last_reason))
    emit(severity::error, "child_gave_up", {{"child", slot.spec.id}, {"reason", describe(slot.last_reason)}});
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void supervisor_state::advance() {
  for (auto& slot : children_)
    if (slot.phase == child_phase::stopping && slot.rung_ends <= now())
      climb(slot);
  children_.forget_gone();
  bool apart = mode_ == mode::running && options_->strategy == restart_strategy::one_for_one;
  auto steps = plan_steps(children_.view(), apart ? step_order::independent : step_order::in_turn, now());
  for (auto index : steps.stop)
    stop(children_[index], first_rung(children_[index].spec.shutdown));
  for (auto index : steps.start)
    start(children_[index]);
  schedule_look(steps.wake_at);
  move_on();
}

void supervisor_state::start(child_slot& slot) {
  slot.phase = child_phase::starting;
  slot.since = now();
  slot.make_actor(*self_);
  self_->monitor(slot.handle);
  self_->request(slot.handle, slot.spec.ready_deadline, await_ready{})
      .then([this, child = slot.handle.address()](ready) { on_ready(child); },
            [this, child = slot.handle.address()](const caf::error& why) { on_not_ready(child, why); });
}

void supervisor_state::stop(child_slot& slot, stop_rung rung) {
  slot.phase = child_phase::stopping;
  slot.rung = rung;
  slot.rung_ends = now() + patience_on(rung, slot.spec.shutdown);
  self_->send_exit(slot.handle, reason_on(rung));
}

void supervisor_state::climb(child_slot& slot) {
  auto rung = rung_after(slot.rung);
  if (rung == stop_rung::kill)
    emit(severity::warn, "child_killed", {{"child", slot.spec.id}});
  if (rung != stop_rung::abandon)
    return stop(slot, rung);
  emit(severity::error, "child_abandoned", {{"child", slot.spec.id}});
  self_->demonitor(slot.handle.address());
  on_child_down(slot, make_error(error_code::internal, "hangs and was left behind"));
}

void supervisor_state::carry_out(const exit_plan& plan, const child_slot& dead, steady_time not_before) {
  for (auto index : plan.stop)
    children_[index].condemn();
  for (auto index : plan.forget)
    children_[index].goal = child_goal::gone;
  for (auto index : plan.start) {
    auto& slot = children_[index];
    slot.goal = child_goal::up;
    slot.not_before = not_before;
    slot.remember(&slot == &dead ? describe(dead.last_reason) : "restarted with " + dead.spec.id);
  }
}

void supervisor_state::move_on() {
  if (mode_ == mode::starting && children_.all_up()) {
    mode_ = mode::running;
    self_->become(running());
    for (auto& promise : std::exchange(awaiting_ready_, {}))
      promise.deliver(ready{});
  } else if (mode_ == mode::stopping && children_.size() == 0) {
    self_->quit(exit_reason_);
  }
}

void supervisor_state::fail(const caf::error& reason) {
  emit(severity::error, "supervisor_failed", {{"reason", describe(reason)}});
  begin_stopping(reason);
}

void supervisor_state::begin_stopping(const caf::error& reason) {
  mode_ = mode::stopping;
  exit_reason_ = reason;
  self_->become(stopping());
  for (auto& slot : children_) {
    slot.goal = child_goal::gone;
    slot.condemn();
  }
  for (auto& promise : std::exchange(awaiting_ready_, {}))
    promise.deliver(reason);
}

void supervisor_state::schedule_look(std::optional<steady_time> backoff_ends) {
  auto rung_ends = children_.next_rung();
  auto when = rung_ends && (!backoff_ends || *rung_ends < *backoff_ends) ? rung_ends : backoff_ends;
  if (!when || (next_look_ && *next_look_ <= *when))
    return;
  next_look_ = when;
  self_->delayed_send(self_, *when - now(), look_again{*when});
}

void supervisor_state::on_look_again(steady_time due) {
  if (next_look_ != due)
    return; // an earlier one has taken its place
  next_look_.reset();
  advance();
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

actor_status supervisor_state::own_status() const {
  actor_status status;
  status.name = name;
  status.kind = "supervisor";
  status.since = since_;
  switch (mode_) {
  case mode::starting: status.state = "starting"; break;
  case mode::running: status.state = children_.all_up() ? "running" : "healing"; break;
  case mode::stopping: status.state = "stopping"; break;
  }
  return status;
}

void supervisor_state::announce_up(const child_slot& slot) {
  if (options_->events.shows_debug("supervisor"))
    emit(severity::debug, "child_up", {{"child", slot.spec.id}, {"restarts", std::to_string(slot.restarts)}});
  for (const auto& listener : listeners_)
    self_->send(listener, child_up{slot.spec.id, slot.handle});
}

void supervisor_state::announce_down(const child_slot& slot) {
  for (const auto& listener : listeners_)
    self_->send(listener, child_down{slot.spec.id, slot.last_reason});
}

void supervisor_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"supervisor", name});
  options_->events.emit({options_->time.wall_now(), level, event_name, std::move(fields), "supervisor"});
}

supervisor_state::behavior_type supervisor(supervisor_state::self_pointer self, supervisor_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe

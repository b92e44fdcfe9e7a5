#include "actors/replica.hpp"

#include "actors/errors.hpp"

#include <caf/send.hpp>

namespace troupe {

// -- states -----------------------------------------------------------------------------------------------------------------------

replica_state::behavior_type replica_state::begin(replica_options options) {
  options_.emplace(std::move(options));
  since_ = options_->node.time.now();
  self_->set_exit_handler([this](const caf::exit_msg& exit) { on_exit_asked(exit.reason); });
  tell_pool(replica_phase::starting);
  self_->send(options_->owner, want_host{self_});
  return starting();
}

replica_state::behavior_type replica_state::starting() {
  return {
      [this](get_status) { return status("starting"); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [this](const host_up& up) { on_host_up(up.host); },
      [this](const host_failed& failed) { on_host_failed(failed.why); },
      [this](const host_exited& exited) { on_host_exited(exited.reason); },
      [](look_drained) {},
      [](const trial_ended&) {},
  };
}

replica_state::behavior_type replica_state::verifying() {
  return {
      [this](get_status) { return status("verifying"); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [](const host_up&) {},
      [this](const host_failed& failed) { on_host_failed(failed.why); },
      [this](const host_exited& exited) { on_host_exited(exited.reason); },
      [](look_drained) {},
      [this](const trial_ended& ended) { on_trial_ended(ended); },
  };
}

replica_state::behavior_type replica_state::serving() {
  return {
      [this](get_status) { return status("ready"); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [](const host_up&) {},
      [this](const host_failed& failed) { on_host_failed(failed.why); },
      [this](const host_exited& exited) { on_host_exited(exited.reason); },
      [](look_drained) {},
      [](const trial_ended&) {},
  };
}

replica_state::behavior_type replica_state::draining() {
  return {
      [this](get_status) { return status("draining"); },
      [](await_ready) -> caf::result<ready> { return make_error(error_code::unavailable, "the replica is stopping"); },
      [](const host_up&) {},
      [](const host_failed&) {},
      [this](const host_exited&) { self_->quit(caf::exit_reason::user_shutdown); },
      [this](look_drained) { stop_when_idle(); },
      [](const trial_ended&) {},
  };
}

// -- what happens -----------------------------------------------------------------------------------------------------------------

void replica_state::on_host_up(const std::shared_ptr<replica_host>& host) {
  host_ = host;
  if (options_->golden == nullptr)
    return serve();
  tell_pool(replica_phase::verifying);
  self_->become(verifying());
  start_trial(host_->runner(), {options_->target->spec(), options_->golden, false}, options_->node.time,
              [me = caf::actor_cast<replica_interface>(self_)](result<trial_report> outcome) {
                caf::anon_send(me, trial_ended{0, std::move(outcome)});
              });
}

void replica_state::on_trial_ended(const trial_ended& ended) {
  if (ended.outcome)
    return serve();
  const auto& why = ended.outcome.failure();
  emit(severity::error, "replica_not_verified", why.message);
  self_->quit(make_error(why.code, why.message));
}

void replica_state::serve() {
  options_->target->attach(host_->runner());
  tell_pool(replica_phase::serving);
  for (auto& waiting : awaiting_ready_)
    waiting.deliver(ready{});
  awaiting_ready_.clear();
  self_->become(serving());
}

void replica_state::on_host_failed(const error& why) {
  self_->quit(make_error(why.code, why.message));
}

void replica_state::on_host_exited(const std::string& reason) {
  emit(severity::warn, "replica_crashed", reason);
  self_->quit(make_error(error_code::unavailable, "host " + reason));
}

void replica_state::on_exit_asked(const caf::error& reason) {
  if (reason != caf::exit_reason::user_shutdown || host_ == nullptr) {
    self_->quit(reason);
    return;
  }
  tell_pool(replica_phase::draining);
  self_->become(draining());
  stop_when_idle();
}

void replica_state::stop_when_idle() {
  if (options_->target->detach(host_->runner().get()) || options_->target->is_cut_short()) {
    self_->quit(caf::exit_reason::user_shutdown);
    return;
  }
  self_->delayed_send(self_, options_->node.timing.drain_look, look_drained{});
}

// -- what is told -----------------------------------------------------------------------------------------------------------------

void replica_state::tell_pool(replica_phase phase) {
  self_->send(options_->owner,
              replica_changed{{options_->number, phase, host_ ? host_->pid() : 0, options_->node.time.wall_now(), 0}});
}

void replica_state::emit(severity level, const char* event_name, const std::string& reason) const {
  const auto& id = options_->target->id();
  options_->node.events.emit({options_->node.time.wall_now(),
                              level,
                              event_name,
                              {{"deployment", id.deployment},
                               {"version", std::to_string(id.number)},
                               {"replica", std::to_string(options_->number)},
                               {"reason", reason}},
                              "replica"});
}

actor_status replica_state::status(const char* state) const {
  actor_status now;
  now.kind = "replica";
  now.state = state;
  now.since = since_;
  if (host_)
    now.detail = "pid " + std::to_string(host_->pid());
  return now;
}

replica_state::behavior_type replica(replica_state::self_pointer self, replica_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe

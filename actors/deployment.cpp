#include "actors/deployment.hpp"

#include "actors/errors.hpp"
#include "actors/validator.hpp"
#include "runtime/base/model_toml.hpp"
#include "runtime/base/sha256.hpp"

#include <caf/send.hpp>
#include <caf/skip.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace troupe {

namespace {

/// Whether the store itself has said no. Its later answers can be relied on: the change isn't seen before the node starts again.
bool is_refusal(const caf::error& reason) {
  auto code = to_error(reason).code;
  return code == error_code::io_failed || code == error_code::corrupt || code == error_code::invalid_argument
         || code == error_code::not_found;
}

std::string version_name(version_number number) {
  return "version " + std::to_string(number);
}

std::uint64_t fingerprint_of(const version_record& version) {
  auto digest = sha256_of(version.artifact_sha256 + version.golden_sha256
                          + std::to_string(version.created.time_since_epoch().count()) + version.model_toml);
  return std::strtoull(digest.substr(0, 16).c_str(), nullptr, 16);
}

/// Whether two demands want the same of the placer.
bool same(const deployment_demand& a, const deployment_demand& b) {
  auto same_order = [](const pool_order& x, const pool_order& y) {
    return x.id == y.id && x.fingerprint == y.fingerprint && x.replicas == y.replicas && x.may_start == y.may_start
           && x.judged == y.judged;
  };
  return a.routed == b.routed && a.split.number == b.split.number && a.why_not.message == b.why_not.message
         && std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(), same_order);
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

deployment_state::behavior_type deployment_state::begin(deployment_options options) {
  options_.emplace(std::move(options));
  const auto& node = options_->node;
  since_ = node.time.now();
  stored_.deployment.name = options_->name;
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, load_deployment{options_->name})
      .then([this](const stored_deployment& stored) { on_loaded(stored); },
            [this](const caf::error& reason) {
              if (to_error(reason).code != error_code::not_found)
                return self_->quit(reason);
              on_loaded({record(), {}});
              forget_needs(); // of an earlier life that died while it was removed
            });
  return loading();
}

deployment_state::behavior_type deployment_state::loading() {
  return {
      [this](get_status) { return status("loading"); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [](const deploy&) -> caf::result<deployed> { return caf::skip(); },
      [](const scale&) -> caf::result<done> { return caf::skip(); },
      [](const undeploy&) -> caf::result<done> { return caf::skip(); },
      [](const await_version&) -> caf::result<done> { return caf::skip(); },
      [](const rollback&) -> caf::result<deployed> { return caf::skip(); },
      [](const steer_rollout&) -> caf::result<done> { return caf::skip(); },
      [](const watch_version&) -> caf::result<version_progress> { return caf::skip(); },
      [](const get_deployment&) -> caf::result<deployment_view> { return caf::skip(); },
      [](const version_placed&) {},
      [](const rollout_seen&) {},
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](const rollout_happened&) {},
      [](const course_happened&) {},
      [](const bake_over&) {},
      [](try_again) {},
  };
}

deployment_state::behavior_type deployment_state::steady() {
  return {
      [this](get_status) { return status("steady"); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [this](const deploy& ask) { return on_deploy(ask); },
      [this](const scale& ask) { return on_scale(ask); },
      [this](const undeploy&) { return on_undeploy(); },
      [this](const await_version& ask) { return on_await(ask); },
      [this](const rollback& ask) { return on_rollback(ask); },
      [this](const steer_rollout& ask) { return on_steer(ask); },
      [this](const watch_version& ask) { return on_watch(ask); },
      [this](const get_deployment&) { return on_get(); },
      [this](const version_placed& news) { on_placed(news); },
      [this](const rollout_seen& news) { on_seen(news); },
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [this](const rollout_happened& news) { on_happened(news.what); },
      [this](const course_happened& news) { on_course(news.what); },
      [this](const bake_over& news) { on_bake_over(news.until); },
      [this](try_again) { on_try_again(); },
  };
}

deployment_state::behavior_type deployment_state::saving() {
  return {
      [this](get_status) { return status("saving"); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [](const deploy&) -> caf::result<deployed> { return caf::skip(); },
      [](const scale&) -> caf::result<done> { return caf::skip(); },
      [](const undeploy&) -> caf::result<done> { return caf::skip(); },
      [this](const await_version& ask) { return on_await(ask); },
      [](const rollback&) -> caf::result<deployed> { return caf::skip(); },
      [](const steer_rollout&) -> caf::result<done> { return caf::skip(); },
      [this](const watch_version& ask) { return on_watch(ask); },
      [this](const get_deployment&) { return on_get(); },
      [](const version_placed&) -> caf::result<void> { return caf::skip(); },
      [](const rollout_seen&) {}, // the next one comes soon
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](const rollout_happened&) -> caf::result<void> { return caf::skip(); },
      [](const course_happened&) -> caf::result<void> { return caf::skip(); },
      [](const bake_over&) -> caf::result<void> { return caf::skip(); },
      [](try_again) -> caf::result<void> { return caf::skip(); },
  };
}

deployment_state::behavior_type deployment_state::removed() {
  auto gone = [this] { return make_error(error_code::not_found, "deployment '" + record().name + "' is being removed"); };
  return {
      [this](get_status) { return status("removed"); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [=](const deploy&) -> caf::result<deployed> {
        return make_error(error_code::failed_precondition,
                          "deployment '" + record().name + "' is being removed; deploy again in a moment");
      },
      [=](const scale&) -> caf::result<done> { return gone(); },
      [=](const undeploy&) -> caf::result<done> { return gone(); },
      [=](const await_version&) -> caf::result<done> { return gone(); },
      [=](const rollback&) -> caf::result<deployed> { return gone(); },
      [=](const steer_rollout&) -> caf::result<done> { return gone(); },
      [=](const watch_version&) -> caf::result<version_progress> { return gone(); },
      [=](const get_deployment&) -> caf::result<deployment_view> { return gone(); },
      [](const version_placed&) {},
      [](const rollout_seen&) {},
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](const rollout_happened&) {},
      [](const course_happened&) {},
      [](const bake_over&) {},
      [](try_again) {},
  };
}

// -- what is asked ----------------------------------------------------------------------------------------------------------------

caf::result<deployed> deployment_state::on_deploy(const deploy& ask) {
  auto spec = parse_model_toml(ask.model_toml, "model.toml");
  if (!spec)
    return make_error(spec.failure().code, spec.failure().message);
  if (auto possible = check_rollout(ask.rollout_toml, *spec); !possible)
    return make_error(possible.failure().code, possible.failure().message);
  auto plan = plan_rollout(view(), {rollout_news::deployed, 0, {}});
  if (!plan)
    return make_error(plan.failure().code, plan.failure().message);
  auto now = options_->node.time.wall_now();
  version_record next;
  next.id = {record().name, (*plan)->last};
  next.artifact_sha256 = ask.artifact_sha256;
  next.golden_sha256 = ask.golden_sha256;
  next.model_toml = ask.model_toml;
  next.created = now;
  next.created_by = ask.by;
  next.rollout_toml = ask.rollout_toml;
  auto after = stored_;
  if (next.id.number == 1) {
    after.deployment.created = now;
    after.deployment.wanted_replicas = spec->replicas;
  }
  if (ask.replicas != 0)
    after.deployment.wanted_replicas = std::min(ask.replicas, replicas_max);
  auto change = apply(**plan, ask.by, now, &next, after);
  auto answer = self_->make_response_promise<deployed>();
  carry_out(
      **plan, std::move(after), std::move(change),
      [answer, number = next.id.number]() mutable { answer.deliver(deployed{number}); },
      [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

caf::result<deployed> deployment_state::on_rollback(const rollback& ask) {
  if (record().last_version == 0)
    return make_error(error_code::not_found, "no deployment '" + record().name + "'; `troupe status` lists them");
  auto newest = record().target_version != 0 ? record().target_version : record().current_version;
  if (ask.from != 0 && ask.from != newest)
    return make_error(error_code::conflict, version_name(ask.from) + " is not the newest at work any more, "
                                                + version_name(newest)
                                                + " is: somebody was faster; look at `troupe versions` and decide again");
  auto plan = plan_rollout(view(), {rollout_news::undone, ask.to, {}});
  if (!plan)
    return make_error(plan.failure().code, plan.failure().message);
  auto after = stored_;
  auto change = apply(**plan, ask.by, options_->node.time.wall_now(), nullptr, after);
  auto answer = self_->make_response_promise<deployed>();
  auto number = (*plan)->target != 0 ? (*plan)->target : (*plan)->current;
  carry_out(
      **plan, std::move(after), std::move(change),
      [this, answer, number, by = ask.by]() mutable {
        emit(severity::warn, "rollback_asked", {{"version", std::to_string(number)}, {"by", by}});
        answer.deliver(deployed{number});
      },
      [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

caf::result<done> deployment_state::on_scale(const scale& ask) {
  if (record().last_version == 0)
    return make_error(error_code::not_found, "no deployment '" + record().name + "'; `troupe status` lists them");
  if (ask.replicas > replicas_max)
    return make_error(error_code::invalid_argument,
                      std::to_string(ask.replicas) + " replicas are more than the most, " + std::to_string(replicas_max));
  if (stored_.rolling())
    return make_error(
        error_code::failed_precondition,
        version_name(record().target_version) + " replaces replicas of '" + record().name
            + "' one by one, in steps that depend on how many are wanted; scale it once that is over, or end it with "
              "`troupe rollback "
            + record().name + "`");
  auto after = stored_;
  after.deployment.wanted_replicas = ask.replicas;
  state_change change{{after.deployment}, {}, {}, {}};
  auto answer = self_->make_response_promise<done>();
  save(
      std::move(after), std::move(change),
      [this, answer]() mutable {
        emit(severity::info, "deployment_scaled", {{"replicas", std::to_string(record().wanted_replicas)}});
        if (record().wanted_replicas == 0)
          route_ = routed_ = 0;
        tell_needs();
        answer.deliver(done{});
      },
      [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

caf::result<done> deployment_state::on_undeploy() {
  if (record().last_version == 0)
    return make_error(error_code::not_found, "no deployment '" + record().name + "'; `troupe status` lists them");
  auto answer = self_->make_response_promise<done>();
  save(
      stored_, erase_all(stored_),
      [this, answer]() mutable {
        emit(severity::info, "deployment_removed", {});
        self_->become(removed());
        stop_validation(validated_);
        auto gone = make_error(error_code::not_found, "deployment '" + record().name + "' was removed");
        for (auto& [number, waiting] : std::exchange(awaiting_, {}))
          for (auto& each : waiting)
            each.deliver(gone);
        for (auto& watch : std::exchange(watching_, {}))
          watch.answer.deliver(gone);
        finish_removal(answer);
      },
      [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

void deployment_state::finish_removal(caf::typed_response_promise<done> answer) {
  self_->request(options_->node.actors.placer.get(), options_->node.timing.patience, drop_demand{record().name})
      .then(
          [this, answer](done) mutable {
            self_->send(options_->node.actors.keeper.get(), collect_artifacts{});
            answer.deliver(done{});
            self_->quit(caf::exit_reason::user_shutdown);
          },
          [this, answer](const caf::error& reason) mutable {
            answer.deliver(reason);
            self_->quit(reason); // the next life drops the route
          });
}

caf::result<done> deployment_state::on_await(const await_version& ask) {
  auto wanted = ask.version;
  for (auto other : {record().target_version, record().current_version, record().last_version})
    wanted = wanted != 0 ? wanted : other;
  if (stored_.find(wanted) == nullptr)
    return make_error(error_code::not_found, "deployment '" + record().name + "' has no " + version_name(wanted));
  auto answer = self_->make_response_promise<done>();
  awaiting_[wanted].push_back(answer);
  settle();
  return answer;
}

caf::result<version_progress> deployment_state::on_watch(const watch_version& ask) {
  auto version = stored_.find(ask.version);
  if (version == nullptr)
    return make_error(error_code::not_found, "deployment '" + record().name + "' has no " + version_name(ask.version));
  if (ask.at_once || version->moves.size() > ask.seen || !is_rolling(version->state))
    return version_progress{*version};
  auto answer = self_->make_response_promise<version_progress>();
  watching_.push_back({ask.version, ask.seen, answer});
  return answer;
}

caf::result<deployment_view> deployment_state::on_get() {
  deployment_view view{record(), {}, rollout_now()};
  for (auto it = stored_.versions.rbegin(); it != stored_.versions.rend(); ++it) {
    auto needed = needs_.find(it->first);
    view.versions.push_back({it->second,
                             it->first == routed_,
                             false,
                             is_ready(it->first),
                             {it->second.id, {}, {}},
                             needed != needs_.end() ? needed->second.state.unplaced : ""});
  }
  auto answer = self_->make_response_promise<deployment_view>();
  self_->request(options_->node.actors.placer.get(), options_->node.timing.patience, get_placement{record().name})
      .then(
          [answer, view](placement_view& placed) mutable {
            for (auto& version : view.versions)
              for (auto& told : placed.versions)
                if (told.version == version.record.id.number) {
                  version.draining = told.draining;
                  version.pool = std::move(told.status);
                }
            answer.deliver(std::move(view));
          },
          [answer, view](const caf::error&) mutable { answer.deliver(std::move(view)); });
  return answer;
}

// -- what happens -----------------------------------------------------------------------------------------------------------------

void deployment_state::on_loaded(const stored_deployment& stored) {
  stored_.deployment = stored.record;
  for (const auto& version : stored.versions)
    stored_.versions[version.id.number] = version;
  self_->become(steady());
  if (record().last_version == 0) {
    tell_ready();
    return;
  }
  if (record().wanted_replicas != 0)
    route_ = record().current_version; // where requests go already, if only this actor was gone
  on_happened({rollout_news::resumed, 0, {}});
}

void deployment_state::on_happened(const rollout_event& what) {
  bool is_won = what.what == rollout_news::undone;
  if (is_won && (!record().course || record().course->winner != what.version))
    return; // said twice, by a leader that went on with it
  auto plan = plan_rollout(view(), what);
  if (!plan && is_won) // the winner of an A/B test is gone
    plan = plan_rollout(view(), {rollout_news::broken, record().target_version, what.reason});
  if (!plan || !plan->has_value())
    return tell_needs();
  auto after = stored_;
  auto change = apply(**plan, {}, options_->node.time.wall_now(), nullptr, after);
  carry_out(
      **plan, std::move(after), std::move(change), [] {},
      [this, what](const caf::error&) {
        tell_needs();
        if (put_off_.empty())
          self_->delayed_send(self_, options_->node.timing.retry_max, try_again{});
        put_off_.push_back(what);
        if (what.what != rollout_news::broken)
          return;
        for (auto& waiting : std::exchange(awaiting_[what.version], {})) // they need not wait for the disk to hear it
          waiting.deliver(make_error(error_code::failed_precondition, version_name(what.version) + " failed: " + what.reason));
      });
}

void deployment_state::on_try_again() {
  for (auto& what : std::exchange(put_off_, {}))
    self_->send(self_, rollout_happened{std::move(what)});
}

void deployment_state::on_placed(const version_placed& news) {
  auto found = needs_.find(news.version);
  if (found == needs_.end() || found->second.leaving || news.sequence != told_.sequence)
    return;
  found->second.state = news;
  auto target = record().target_version;
  auto tested = stored_.tested();
  bool is_tested = std::find(tested.begin(), tested.end(), news.version) != tested.end();
  bool is_under_way = record().course && record().course->split_number > 0; // nodes may come back until it is overdue
  bool never_fits = !news.unplaced.empty() && !news.may_pass && !is_under_way;
  if (auto why = news.failed.message.empty() && never_fits ? news.unplaced : news.failed.message; is_tested && !why.empty())
    return on_happened({rollout_news::broken, target, version_name(news.version) + ", which is tested beside it: " + why});
  if (!news.failed.message.empty())
    return on_happened({rollout_news::broken, news.version, news.failed.message});
  if (never_fits && news.version == target)
    return on_happened({rollout_news::broken, news.version, news.unplaced});
  if (news.loaded)
    happened(rollout_news::loaded, news.version);
  if (news.started)
    happened(rollout_news::started, news.version);
  auto complete = [this](version_number number) { return is_complete(number); };
  bool test_may_begin = std::all_of(tested.begin(), tested.end(), complete);
  if (news.complete && (news.version != target || test_may_begin))
    happened(rollout_news::verified, news.version);
  if (is_tested && test_may_begin && is_complete(target))
    happened(rollout_news::verified, target);
  settle();
}

void deployment_state::on_retire_pool(version_number number) {
  auto found = needs_.find(number);
  if (found == needs_.end() || !found->second.leaving)
    return; // it is needed again
  needs_.erase(found);
  tell_needs();
}

void deployment_state::on_bake_over(wall_time until) {
  if (until == record().bake_until)
    on_happened({rollout_news::bake_is_over, record().previous_version, {}});
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void deployment_state::save(deployment_records after, state_change change, std::function<void()> next,
                            std::function<void(const caf::error&)> failed) {
  self_->become(saving());
  self_->request(options_->node.actors.keeper.get(), options_->node.timing.keeper_patience, save_change{std::move(change)})
      .then(
          [this, after = std::move(after), next = std::move(next)](const saved& written) {
            stored_ = after;
            stored_.deployment.revision = written.revision;
            storing_failed_ = false;
            self_->become(steady());
            next();
          },
          [this, failed = std::move(failed)](const caf::error& reason) {
            self_->become(steady());
            if (auto why = to_error(reason); why.code == error_code::io_failed && !std::exchange(storing_failed_, true))
              emit(severity::warn, "move_not_stored", {{"reason", why.message}});
            failed(reason);
            if (!is_refusal(reason))
              self_->quit(reason);
          });
}

void deployment_state::carry_out(const rollout_plan& plan, deployment_records after, state_change change,
                                 std::function<void()> next, std::function<void(const caf::error&)> failed) {
  auto staged = record().course ? record().target_version : 0;
  auto go_on = [this, plan, staged, next = std::move(next)] {
    tell(plan);
    tell_end(staged);
    for (const auto& step : plan.steps)
      take(step);
    end_judging();
    tell_needs();
    settle();
    next();
  };
  if (plan.stores)
    save(std::move(after), std::move(change), std::move(go_on), std::move(failed));
  else
    go_on();
}

void deployment_state::take(const rollout_step& step) {
  switch (step.act) {
  case rollout_act::validate: return start_validation(step.version);
  case rollout_act::start_pool: return start_pool(step.version);
  case rollout_act::fork: needs_[step.version].may_start = true; return;
  case rollout_act::begin_course: return begin_course();
  case rollout_act::switch_route: return switch_route(step.version);
  case rollout_act::drop_route: route_ = routed_ = 0; return;
  case rollout_act::stop_pool: return stop_pool(step.version);
  case rollout_act::begin_bake: return begin_bake();
  case rollout_act::collect: return self_->send(options_->node.actors.keeper.get(), collect_artifacts{});
  }
}

/// Events for what has been stored.
void deployment_state::tell(const rollout_plan& plan) {
  for (const auto& change : plan.changes) {
    const auto& version = stored_.versions[change.number];
    auto number = std::to_string(change.number);
    switch (change.state) {
    case version_state::validating:
      emit(severity::info, "version_deployed",
           {{"version", number}, {"artifact", version.artifact_sha256}, {"by", version.created_by}});
      break;
    case version_state::failed: emit(severity::error, "version_failed", {{"version", number}, {"reason", change.reason}}); break;
    case version_state::live: emit(severity::info, "version_live", {{"version", number}}); break;
    case version_state::rolled_back:
      emit(severity::warn, "version_rolled_back", {{"version", number}, {"reason", change.reason}});
      break;
    default: emit(severity::info, "version_moved", {{"version", number}, {"state", std::string(to_string(change.state))}}); break;
    }
  }
}

void deployment_state::tell_end(version_number staged) {
  if (staged == 0 || record().target_version == staged)
    return;
  bool good = record().current_version == staged;
  emit(severity::info, "rollout_ended", {{"version", std::to_string(staged)}, {"outcome", good ? "promoted" : "rolled_back"}});
}

void deployment_state::happened(rollout_news what, version_number number, std::string reason) {
  self_->send(self_, rollout_happened{{what, number, std::move(reason)}});
}

void deployment_state::start_validation(version_number number) {
  const auto& version = stored_.versions[number];
  auto spec = parse_model_toml(version.model_toml, "model.toml");
  if (!spec)
    return happened(rollout_news::broken, number, spec.failure().message);
  validator_options options{options_->node, version.id, *spec, version.artifact_sha256, version.golden_sha256};
  validated_ = number;
  validator_ = self_->spawn<caf::linked>(validator, std::move(options));
  self_->request(validator_, options_->node.timing.validation_patience, validate{})
      .then([this, number](const validation&) { happened(rollout_news::validated, number); },
            [this, number](const caf::error& reason) { happened(rollout_news::broken, number, to_error(reason).message); });
}

void deployment_state::stop_validation(version_number number) {
  if (!validator_ || validated_ != number)
    return;
  self_->unlink_from(validator_);
  caf::anon_send_exit(validator_, caf::exit_reason::kill);
  validator_ = validator_actor();
}

void deployment_state::start_pool(version_number number) {
  auto& needed = needs_[number];
  needed.leaving = false;
  if (is_ready(number) && (number != record().target_version || stored_.tested().empty()))
    happened(rollout_news::verified, number);
}

void deployment_state::stop_pool(version_number number) {
  stop_validation(number);
  auto found = needs_.find(number);
  if (found == needs_.end() || std::exchange(found->second.leaving, true))
    return;
  // Not at once: requests that were routed to it just before the switch are still arriving.
  auto delay = routed_ != 0 ? options_->node.timing.route_grace : std::chrono::milliseconds(0);
  self_->delayed_send(self_, delay, retire_pool{number});
}

void deployment_state::switch_route(version_number number) {
  if (record().wanted_replicas == 0)
    return happened(rollout_news::routed, number);
  route_ = number;
  if (routed_ == number)
    happened(rollout_news::routed, number);
}

void deployment_state::count_replicas() {
  bool previous_goes = stored_.bake_of(record().current_version).count() == 0;
  for (auto& [number, needed] : needs_)
    if (!needed.leaving && !(previous_goes && number == record().previous_version && number != record().target_version))
      needed.replicas = stored_.replicas_of(number);
}

void deployment_state::tell_needs() {
  count_replicas();
  auto next = needs();
  if (told_.sequence != 0 && same(next, told_))
    return;
  next.sequence = told_.sequence + 1;
  told_ = next;
  // The placer never leaves it unanswered for longer than it takes until nodes that are gone are known to be.
  self_->request(options_->node.actors.placer.get(), options_->node.timing.keeper_patience, next)
      .then([this, next](done) { on_needs_met(next); }, [this](const caf::error& reason) { self_->quit(reason); });
}

void deployment_state::on_needs_met(const deployment_demand& told) {
  tell_ready();
  if (told.routed == 0 || told.split.number == stored_.split().number) // without requests it must be overdue some time
    tell_judge();
  if (told.routed == 0 || told.routed != route_ || routed_ == route_)
    return;
  routed_ = route_;
  happened(rollout_news::routed, routed_);
  settle();
}

void deployment_state::forget_needs() {
  self_->request(options_->node.actors.placer.get(), options_->node.timing.keeper_patience, drop_demand{record().name})
      .then([](done) {}, [this](const caf::error& reason) { self_->quit(reason); });
}

void deployment_state::tell_ready() {
  for (auto& waiting : std::exchange(awaiting_ready_, {}))
    waiting.deliver(ready{});
}

void deployment_state::begin_bake() {
  auto bake = stored_.bake_of(record().current_version);
  std::chrono::nanoseconds left = record().bake_until - options_->node.time.wall_now();
  // A clock that jumped back must not make it stay for longer than it asked for.
  self_->delayed_send(self_, std::clamp(left, std::chrono::nanoseconds(0), bake), bake_over{record().bake_until});
}

void deployment_state::settle() {
  for (auto it = awaiting_.begin(); it != awaiting_.end();) {
    settle_one(it->first, it->second);
    it = it->second.empty() ? awaiting_.erase(it) : std::next(it);
  }
  for (auto& watch : std::exchange(watching_, {})) {
    auto version = stored_.find(watch.version);
    if (version == nullptr)
      watch.answer.deliver(make_error(error_code::not_found, version_name(watch.version) + " was collected"));
    else if (version->moves.size() > watch.seen || !is_rolling(version->state))
      watch.answer.deliver(version_progress{*version});
    else
      watching_.push_back(std::move(watch));
  }
}

void deployment_state::settle_one(version_number number, std::vector<caf::typed_response_promise<done>>& waiting) {
  auto version = stored_.find(number);
  auto state = version == nullptr ? version_state::failed : version->state;
  caf::error failure;
  if (state == version_state::live && (record().wanted_replicas == 0 || (number == routed_ && is_complete(number))))
    failure = caf::error();
  else if (is_rolling(state) || state == version_state::live)
    return;
  else if (state == version_state::failed)
    failure = make_error(error_code::failed_precondition,
                         version_name(number) + " failed: " + (version == nullptr ? "it was collected" : version->reason));
  else
    failure = make_error(error_code::failed_precondition, version_name(number) + " was " + std::string(to_string(state)));
  for (auto& each : std::exchange(waiting, {}))
    failure ? each.deliver(failure) : each.deliver(done{});
}

void deployment_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"deployment", record().name});
  options_->node.events.emit({options_->node.time.wall_now(), level, event_name, std::move(fields), "deployment"});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

bool deployment_state::is_ready(version_number number) const {
  auto found = needs_.find(number);
  return found != needs_.end() && !found->second.leaving && (found->second.state.serving > 0 || record().wanted_replicas == 0);
}

bool deployment_state::is_complete(version_number number) const {
  auto found = needs_.find(number);
  return found != needs_.end() && found->second.state.complete;
}

deployment_demand deployment_state::needs() const {
  deployment_demand all{record().name, 0, {}, route_, {}, {}, caf::actor_cast<version_listener>(self_)};
  if (route_ == 0)
    all.why_not = absence();
  else if (route_ != record().target_version)
    all.split = stored_.split();
  for (const auto& [number, needed] : needs_) {
    auto version = stored_.find(number);
    if (version == nullptr)
      continue;
    all.pools.push_back({version->id, fingerprint_of(*version), version->artifact_sha256, version->golden_sha256,
                         version->model_toml, needed.replicas, needed.may_start, ever_served(*version),
                         record().course.has_value()});
  }
  return all;
}

error deployment_state::absence() const {
  const auto& deployment_name = record().name;
  if (record().wanted_replicas == 0)
    return {error_code::failed_precondition,
            "deployment '" + deployment_name + "' is scaled to 0; `troupe scale " + deployment_name + " N` serves it again"};
  if (record().current_version != 0)
    return {error_code::unavailable, "deployment '" + deployment_name + "' is being started; retry in a moment"};
  if (auto target = stored_.find(record().target_version); target != nullptr)
    return {error_code::unavailable, version_name(target->id.number) + " of '" + deployment_name + "' is on its way up ("
                                         + std::string(to_string(target->state)) + "); retry once it is live"};
  return {error_code::failed_precondition,
          "no version of '" + deployment_name + "' serves; `troupe versions " + deployment_name + "` says why"};
}

rollout_view deployment_state::view() const {
  return view_of(stored_, [this](version_number number) { return is_ready(number); });
}

actor_status deployment_state::status(const char* state) const {
  actor_status own;
  own.kind = "deployment";
  own.state = state;
  own.since = since_;
  own.detail = routed_ == 0 ? "serves no version" : "serves version " + std::to_string(routed_);
  return own;
}

deployment_state::behavior_type deployment(deployment_state::self_pointer self, deployment_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe

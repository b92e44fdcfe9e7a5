#include "actors/deployment.hpp"

#include "actors/errors.hpp"
#include "actors/pool.hpp"
#include "actors/status.hpp"
#include "actors/supervisor.hpp"
#include "runtime/base/model_toml.hpp"

#include <caf/skip.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace troupe {

namespace {

/// Asks several actors and delivers one answer once all have spoken or fallen silent.
struct view_in_progress {
  caf::typed_response_promise<deployment_view> answer;
  deployment_view view;
  std::size_t open = 0;

  void one_done() {
    if (--open == 0)
      answer.deliver(std::move(view));
  }
};

/// Whether the store itself has said no. Its later answers can be relied on: the change isn't seen before the node starts again.
bool is_refusal(const caf::error& reason) {
  auto code = to_error(reason).code;
  return code == error_code::io_failed || code == error_code::corrupt || code == error_code::invalid_argument;
}

std::string pool_id(version_number number) {
  return "v" + std::to_string(number);
}

version_number number_of(const std::string& id) {
  return static_cast<version_number>(std::strtoul(id.c_str() + 1, nullptr, 10));
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

deployment_state::behavior_type deployment_state::begin(deployment_options options) {
  options_.emplace(std::move(options));
  const auto& node = options_->node;
  since_ = node.time.now();
  record_.name = options_->name;
  supervisor_options below{node.time, node.events, rng(node.seeds.next())};
  below.name = "pools";
  below.intensity.restarts_max = restart_intensity::unlimited;
  below.backoff.base = node.timing.retry_base;
  below.backoff.max = node.timing.retry_max;
  wanted_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  pools_supervisor_ = self_->spawn<caf::linked>(supervisor, std::move(below));
  self_->send(pools_supervisor_, watch_children{self_});
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, load_deployment{options_->name})
      .then([this](const stored_deployment& stored) { on_loaded(stored); },
            [this](const caf::error& reason) {
              if (to_error(reason).code != error_code::not_found)
                return self_->quit(reason);
              on_loaded({record_, {}});
              drop_own_route(); // of an earlier life that died while it was removed
            });
  return loading();
}

deployment_state::behavior_type deployment_state::loading() {
  return {
      [this](get_status ask) { return status("loading", ask.patience); },
      [this](await_ready) -> caf::result<ready> {
        awaiting_ready_.push_back(self_->make_response_promise<ready>());
        return awaiting_ready_.back();
      },
      [](const deploy&) -> caf::result<deployed> { return caf::skip(); },
      [](const scale&) -> caf::result<done> { return caf::skip(); },
      [](const undeploy&) -> caf::result<done> { return caf::skip(); },
      [](const await_version&) -> caf::result<done> { return caf::skip(); },
      [](const get_deployment&) -> caf::result<deployment_view> { return caf::skip(); },
      [](const pool_serves&) {},
      [](const pool_gave_up&) {},
      [this](const child_up& up) { on_pool_up(up); },
      [this](const child_down& down) { on_pool_down(down); },
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](try_again) {},
  };
}

deployment_state::behavior_type deployment_state::steady() {
  return {
      [this](get_status ask) { return status("steady", ask.patience); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [this](const deploy& ask) { return on_deploy(ask); },
      [this](const scale& ask) { return on_scale(ask); },
      [this](const undeploy&) { return on_undeploy(); },
      [this](const await_version& ask) { return on_await(ask); },
      [this](const get_deployment&) { return on_get(); },
      [this](const pool_serves& news) { on_pool_serves(news); },
      [this](const pool_gave_up& news) { on_pool_gave_up(news); },
      [this](const child_up& up) { on_pool_up(up); },
      [this](const child_down& down) { on_pool_down(down); },
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [this](try_again) {
        promotion_is_due_ = false;
        if (auto slot = find(record_.target_version); slot != nullptr && slot->target != nullptr && !slot->draining)
          promote(record_.target_version, slot->target);
      },
  };
}

deployment_state::behavior_type deployment_state::saving() {
  return {
      [this](get_status ask) { return status("saving", ask.patience); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [](const deploy&) -> caf::result<deployed> { return caf::skip(); },
      [](const scale&) -> caf::result<done> { return caf::skip(); },
      [](const undeploy&) -> caf::result<done> { return caf::skip(); },
      [this](const await_version& ask) { return on_await(ask); },
      [this](const get_deployment&) { return on_get(); },
      [](const pool_serves&) -> caf::result<void> { return caf::skip(); },
      [](const pool_gave_up&) -> caf::result<void> { return caf::skip(); },
      [this](const child_up& up) { on_pool_up(up); },
      [this](const child_down& down) { on_pool_down(down); },
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](try_again) -> caf::result<void> { return caf::skip(); },
  };
}

deployment_state::behavior_type deployment_state::removed() {
  auto gone = [this] { return make_error(error_code::not_found, "deployment '" + record_.name + "' is being removed"); };
  return {
      [this](get_status ask) { return status("removed", ask.patience); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [=](const deploy&) -> caf::result<deployed> {
        return make_error(error_code::failed_precondition,
                          "deployment '" + record_.name + "' is being removed; deploy again in a moment");
      },
      [=](const scale&) -> caf::result<done> { return gone(); },
      [=](const undeploy&) -> caf::result<done> { return gone(); },
      [=](const await_version&) -> caf::result<done> { return gone(); },
      [=](const get_deployment&) -> caf::result<deployment_view> { return gone(); },
      [](const pool_serves&) {},
      [](const pool_gave_up&) {},
      [this](const child_up& up) { on_pool_up(up); },
      [this](const child_down& down) { on_pool_down(down); },
      [this](const retire_pool& ask) { on_retire_pool(ask.version); },
      [](try_again) {},
  };
}

// -- what is asked ----------------------------------------------------------------------------------------------------------------

caf::result<deployed> deployment_state::on_deploy(const deploy& ask) {
  auto spec = parse_model_toml(ask.model_toml, "model.toml");
  if (!spec)
    return make_error(spec.failure().code, spec.failure().message);
  auto record = record_;
  version_record next;
  next.id = {record.name, ++record.last_version};
  next.state = version_state::preparing;
  next.artifact_sha256 = ask.artifact_sha256;
  next.model_toml = ask.model_toml;
  next.created = options_->node.time.wall_now();
  if (next.id.number == 1) {
    record.created = next.created;
    record.wanted_replicas = spec->replicas;
  }
  if (ask.replicas != 0)
    record.wanted_replicas = std::min(ask.replicas, replicas_max);
  auto given_up = std::exchange(record.target_version, next.id.number);
  state_change change{{record}, {}, {next}, {}};
  if (auto old = find(given_up); old != nullptr && old->record.state == version_state::preparing) {
    change.put_versions.push_back(old->record);
    change.put_versions.back().state = version_state::failed;
    change.put_versions.back().reason = "version " + std::to_string(next.id.number) + " was deployed before this one served";
  }
  auto answer = self_->make_response_promise<deployed>();
  auto written = change.put_versions;
  save_for(answer, record, std::move(change), [this, next, given_up, written, answer]() mutable {
    for (const auto& each : written)
      versions_[each.id.number].record = each;
    begin_version(next, given_up);
    answer.deliver(deployed{next.id.number});
  });
  return answer;
}

void deployment_state::begin_version(const version_record& version, version_number given_up) {
  emit(severity::info, "version_deployed",
       {{"version", std::to_string(version.id.number)}, {"artifact", version.artifact_sha256}});
  if (auto old = find(given_up); old != nullptr) {
    settle(*old);
    stop_pool(given_up, std::chrono::nanoseconds(0));
  }
  tell_wanted();
  start_pool(version);
}

void deployment_state::tell_wanted() {
  for (auto& [number, slot] : versions_)
    if (slot.pool && !slot.draining)
      self_->send(slot.pool, set_replicas{record_.wanted_replicas});
}

caf::result<done> deployment_state::on_scale(const scale& ask) {
  if (record_.last_version == 0)
    return make_error(error_code::not_found, "no deployment '" + record_.name + "'; `troupe status` lists them");
  if (ask.replicas > replicas_max)
    return make_error(error_code::invalid_argument,
                      std::to_string(ask.replicas) + " replicas are more than the most, " + std::to_string(replicas_max));
  auto record = record_;
  record.wanted_replicas = ask.replicas;
  auto answer = self_->make_response_promise<done>();
  save_for(answer, record, state_change{{record}, {}, {}, {}}, [this, answer]() mutable {
    emit(severity::info, "deployment_scaled", {{"replicas", std::to_string(record_.wanted_replicas)}});
    tell_wanted();
    if (record_.wanted_replicas == 0)
      drop_own_route();
    answer.deliver(done{});
  });
  return answer;
}

caf::result<done> deployment_state::on_undeploy() {
  if (record_.last_version == 0)
    return make_error(error_code::not_found, "no deployment '" + record_.name + "'; `troupe status` lists them");
  state_change change{{}, {record_}, {}, {}};
  for (const auto& [number, slot] : versions_)
    change.erased_versions.push_back(slot.record.id);
  auto answer = self_->make_response_promise<done>();
  save_for(answer, record_, std::move(change), [this, answer]() mutable {
    emit(severity::info, "deployment_removed", {});
    self_->become(removed());
    for (auto& [number, slot] : versions_)
      for (auto& waiting : std::exchange(slot.awaiting, {}))
        waiting.deliver(make_error(error_code::not_found, "deployment '" + record_.name + "' was removed"));
    finish_removal(answer);
  });
  return answer;
}

void deployment_state::finish_removal(caf::typed_response_promise<done> answer) {
  self_->request(options_->node.actors.router.get(), options_->node.timing.patience, drop_route{record_.name})
      .then(
          [this, answer](done) mutable {
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
  for (auto other : {record_.target_version, record_.current_version, record_.last_version})
    wanted = wanted != 0 ? wanted : other;
  auto slot = find(wanted);
  if (slot == nullptr)
    return make_error(error_code::not_found, "deployment '" + record_.name + "' has no version " + std::to_string(wanted));
  auto answer = self_->make_response_promise<done>();
  slot->awaiting.push_back(answer);
  settle(*slot);
  return answer;
}

caf::result<deployment_view> deployment_state::on_get() {
  auto progress = std::make_shared<view_in_progress>();
  progress->answer = self_->make_response_promise<deployment_view>();
  progress->view.record = record_;
  progress->open = 1;
  for (auto it = versions_.rbegin(); it != versions_.rend(); ++it) {
    const auto& slot = it->second;
    progress->view.versions.push_back({slot.record, it->first == routed_, slot.draining, {}});
    if (!slot.pool)
      continue;
    ++progress->open;
    auto index = progress->view.versions.size() - 1;
    self_->request(slot.pool, options_->node.timing.patience, get_pool_status{})
        .then(
            [progress, index](const pool_status& told) {
              progress->view.versions[index].pool = told;
              progress->one_done();
            },
            [progress](const caf::error&) { progress->one_done(); });
  }
  auto answer = progress->answer;
  progress->one_done();
  return answer;
}

// -- what happens -----------------------------------------------------------------------------------------------------------------

void deployment_state::on_loaded(const stored_deployment& stored) {
  record_ = stored.record;
  wanted_->store(record_.wanted_replicas);
  for (const auto& version : stored.versions)
    versions_[version.id.number].record = version;
  self_->become(steady());
  for (auto number : {record_.current_version, record_.target_version})
    if (auto slot = find(number); slot != nullptr && slot->record.state != version_state::failed)
      start_pool(slot->record);
  for (auto& waiting : std::exchange(awaiting_ready_, {}))
    waiting.deliver(ready{});
}

void deployment_state::on_pool_serves(const pool_serves& news) {
  auto slot = find(news.version);
  if (slot == nullptr || slot->draining)
    return;
  slot->target = news.target;
  if (news.version == record_.target_version)
    promote(news.version, news.target);
  else if (news.version == record_.current_version)
    switch_route(news.version, news.target);
}

void deployment_state::on_pool_gave_up(const pool_gave_up& news) {
  auto slot = find(news.version);
  if (slot == nullptr || slot->record.state == version_state::failed)
    return;
  stop_pool(news.version, std::chrono::nanoseconds(0));
  auto record = record_;
  if (record.target_version == news.version)
    record.target_version = 0;
  auto version = slot->record;
  version.state = version_state::failed;
  version.reason = news.why.message;
  save(
      record, state_change{{record}, {}, {version}, {}},
      [this, version] {
        auto& failed = versions_[version.id.number];
        failed.record = version;
        if (routed_ == version.id.number)
          drop_own_route();
        settle(failed);
      },
      [this, version](const caf::error&) {
        versions_[version.id.number].record = version; // in this life; the next one tries it again
        settle(versions_[version.id.number]);
      });
}

void deployment_state::on_pool_up(const child_up& up) {
  auto slot = find(number_of(up.id));
  if (slot == nullptr)
    return;
  slot->pool = caf::actor_cast<pool_actor>(up.handle);
  auto number = slot->record.id.number;
  if (number != record_.current_version && number != record_.target_version)
    return stop_pool(number, std::chrono::nanoseconds(0));        // it was being restarted when another version took its place
  self_->send(slot->pool, set_replicas{record_.wanted_replicas}); // perhaps it was changed while the pool started
}

void deployment_state::on_pool_down(const child_down& down) {
  auto slot = find(number_of(down.id));
  if (slot == nullptr)
    return;
  slot->pool = pool_actor();
  slot->target.reset();
  slot->draining = false;
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void deployment_state::save(deployment_record record, state_change change, std::function<void()> next,
                            std::function<void(const caf::error&)> failed) {
  self_->become(saving());
  self_->request(options_->node.actors.keeper.get(), options_->node.timing.keeper_patience, save_change{std::move(change)})
      .then(
          [this, record, next = std::move(next)](const saved& written) {
            record_ = record;
            record_.revision = written.revision;
            wanted_->store(record_.wanted_replicas);
            self_->become(steady());
            next();
          },
          [this, failed = std::move(failed)](const caf::error& reason) {
            self_->become(steady());
            failed(reason);
            if (!is_refusal(reason))
              self_->quit(reason);
          });
}

template <class Answer>
void deployment_state::save_for(caf::typed_response_promise<Answer> answer, deployment_record record, state_change change,
                                std::function<void()> next) {
  save(std::move(record), std::move(change), std::move(next),
       [answer](const caf::error& reason) mutable { answer.deliver(reason); });
}

void deployment_state::start_pool(const version_record& version) {
  auto spec = parse_model_toml(version.model_toml, "model.toml");
  if (!spec) {
    self_->send(self_, pool_gave_up{version.id.number, spec.failure()});
    return;
  }
  child_spec child;
  child.id = pool_id(version.id.number);
  child.kind = "pool";
  child.restart = restart_type::transient;
  child.shutdown.grace = options_->node.timing.drain_grace + std::chrono::seconds(1);
  pool_options options{options_->node,
                       caf::actor_cast<deployment_actor>(self_),
                       version.id,
                       *spec,
                       version.artifact_sha256,
                       0,
                       version.state == version_state::live};
  child.start = [options, wanted = wanted_](caf::local_actor& parent) -> supervised_actor {
    auto now = options;
    now.wanted = wanted->load();
    return parent.spawn(pool_keeper, std::move(now));
  };
  self_->request(pools_supervisor_, options_->node.timing.patience, start_child{std::move(child)})
      .then([](const child_up&) {}, [this](const caf::error& reason) { self_->quit(reason); });
}

void deployment_state::stop_pool(version_number number, std::chrono::nanoseconds delay) {
  if (auto slot = find(number); slot != nullptr)
    slot->draining = true;
  self_->delayed_send(self_, delay, retire_pool{number});
}

void deployment_state::on_retire_pool(version_number number) {
  auto patience = 2 * options_->node.timing.drain_grace;
  self_->request(pools_supervisor_, patience, stop_child{pool_id(number)})
      .then([](const child_down&) {}, [](const caf::error&) {});
}

void deployment_state::promote(version_number number, const std::shared_ptr<pool>& target) {
  auto record = record_;
  record.target_version = 0;
  auto old = std::exchange(record.current_version, number);
  auto version = versions_[number].record;
  version.state = version_state::live;
  state_change change{{record}, {}, {version}, {}};
  if (auto slot = find(old); slot != nullptr) {
    change.put_versions.push_back(slot->record);
    change.put_versions.back().state = version_state::superseded;
  }
  auto written = change.put_versions;
  save(
      record, std::move(change),
      [this, number, target, written] {
        for (const auto& each : written)
          versions_[each.id.number].record = each;
        emit(severity::info, "version_live", {{"version", std::to_string(number)}});
        switch_route(number, target);
      },
      [this](const caf::error&) {
        if (!std::exchange(promotion_is_due_, true))
          self_->delayed_send(self_, options_->node.timing.retry_max, try_again{});
      });
}

void deployment_state::switch_route(version_number number, const std::shared_ptr<pool>& target) {
  if (record_.wanted_replicas == 0) {
    retire_others();
    settle(versions_[number]);
    return;
  }
  set_route where{record_.name, {{record_.name, number}, target}};
  self_->request(options_->node.actors.router.get(), options_->node.timing.patience, std::move(where))
      .then(
          [this, number](done) {
            routed_ = number;
            retire_others();
            settle(versions_[number]);
          },
          [this](const caf::error& reason) { self_->quit(reason); });
}

void deployment_state::drop_own_route() {
  self_->request(options_->node.actors.router.get(), options_->node.timing.patience, drop_route{record_.name})
      .then([this](done) { routed_ = 0; }, [this](const caf::error& reason) { self_->quit(reason); });
}

void deployment_state::retire_others() {
  for (const auto& [number, slot] : versions_)
    if (slot.pool && !slot.draining && number != record_.current_version && number != record_.target_version)
      stop_pool(number, options_->node.timing.route_grace);
}

void deployment_state::settle(version_slot& slot) {
  auto number = slot.record.id.number;
  bool idle_on_purpose = number == record_.current_version && record_.wanted_replicas == 0;
  caf::error failure;
  if (slot.record.state == version_state::failed)
    failure = make_error(error_code::failed_precondition, "version " + std::to_string(number) + " failed: " + slot.record.reason);
  else if (slot.record.state == version_state::superseded)
    failure = make_error(error_code::failed_precondition, "version " + std::to_string(number) + " was superseded");
  else if (number != routed_ && !idle_on_purpose)
    return;
  for (auto& waiting : std::exchange(slot.awaiting, {}))
    failure ? waiting.deliver(failure) : waiting.deliver(done{});
}

void deployment_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"deployment", record_.name});
  options_->node.events.emit({options_->node.time.wall_now(), level, event_name, std::move(fields)});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

deployment_state::version_slot* deployment_state::find(version_number number) {
  auto found = versions_.find(number);
  return found == versions_.end() ? nullptr : &found->second;
}

caf::result<actor_status> deployment_state::status(const char* state, std::chrono::nanoseconds patience) {
  actor_status own;
  own.kind = "deployment";
  own.state = state;
  own.since = since_;
  own.detail = routed_ == 0 ? "serves no version" : "serves version " + std::to_string(routed_);
  return status_with(self_, std::move(own), pools_supervisor_, patience);
}

deployment_state::behavior_type deployment(deployment_state::self_pointer self, deployment_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe

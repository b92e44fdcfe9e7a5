#include "actors/catalog.hpp"

#include "actors/deployment.hpp"
#include "actors/errors.hpp"
#include "actors/fetcher.hpp"
#include "actors/validator.hpp"
#include "runtime/base/model_toml.hpp"
#include "runtime/base/units.hpp"

#include <caf/skip.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace troupe {

namespace {

caf::error unknown(const std::string& deployment_name) {
  return make_error(error_code::not_found, "no deployment '" + deployment_name.substr(0, 80) + "'; `troupe status` lists them");
}

/// Answers of several deployments on their way into one list.
struct list_in_progress {
  std::string name; ///< asked for; "": all
  caf::typed_response_promise<deployment_list> answer;
  std::vector<deployment_view> views;
  std::size_t open = 0;
  std::size_t restarting = 0; ///< deployments that can't tell just now

  void one_done() {
    if (--open != 0)
      return;
    if (views.empty() && restarting > 0) {
      answer.deliver(make_error(error_code::unavailable, "deployments are being restarted; retry"));
      return;
    }
    if (!name.empty() && views.empty()) {
      answer.deliver(unknown(name));
      return;
    }
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.record.name < b.record.name; });
    answer.deliver(deployment_list{std::move(views)});
  }
};

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

catalog_state::behavior_type catalog_state::begin(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  self_->send(node.actors.deployments.get(), watch_children{self_});
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, list_names{})
      .then([this](const name_list& stored) { on_names(stored); }, [this](const caf::error& reason) { self_->quit(reason); });
  return loading();
}

catalog_state::behavior_type catalog_state::loading() {
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
      [](const validate_model&) -> caf::result<validation> { return caf::skip(); },
      [](const list_deployments&) -> caf::result<deployment_list> { return caf::skip(); },
      [this](const child_up& up) { on_child_up(up); },
      [this](const child_down& down) { on_child_down(down); },
  };
}

catalog_state::behavior_type catalog_state::open() {
  return {
      [this](get_status) { return status("open"); },
      [](await_ready) -> caf::result<ready> { return ready{}; },
      [this](const deploy& ask) { return on_deploy(ask); },
      [this](const scale& ask) { return hand_on<done>(ask); },
      [this](const undeploy& ask) { return on_undeploy(ask); },
      [this](const await_version& ask) { return hand_on<done>(ask); },
      [this](const rollback& ask) { return hand_on<deployed>(ask); },
      [this](const steer_rollout& ask) { return hand_on<done>(ask); },
      [this](const watch_version& ask) { return hand_on<version_progress>(ask); },
      [this](const validate_model& ask) { return on_validate(ask); },
      [this](const list_deployments& ask) { return on_list(ask); },
      [this](const child_up& up) { on_child_up(up); },
      [this](const child_down& down) { on_child_down(down); },
  };
}

// -- what is asked ----------------------------------------------------------------------------------------------------------------

template <class Answer, class Command>
caf::result<Answer> catalog_state::hand_on(const Command& ask) {
  if (auto found = find(ask.name))
    return self_->delegate(found, ask);
  return absence_of(ask.name);
}

caf::result<deployed> catalog_state::on_deploy(const deploy& ask) {
  if (!valid_deployment_name(ask.name))
    return make_error(error_code::invalid_argument,
                      "'" + ask.name.substr(0, 80)
                          + "' is no deployment name: use 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit");
  if (ask.replicas > deployment_state::replicas_max)
    return make_error(error_code::invalid_argument, std::to_string(ask.replicas) + " replicas are more than the most, "
                                                        + std::to_string(deployment_state::replicas_max));
  if (auto spec = parse_model_toml(ask.model_toml, "model.toml"); !spec)
    return make_error(spec.failure().code, spec.failure().message);
  auto answer = self_->make_response_promise<deployed>();
  auto refuse = [answer](const error& why) mutable { answer.deliver(make_error(why.code, why.message)); };
  auto go_on = [this, ask, answer] { deploy_checked(ask, answer); };
  // The version's own record would be refused without them.
  fetch_then(
      self_, *node_, {ask.artifact_sha256, ask.uploaded_to, {}},
      [this, ask, go_on, refuse] {
        if (ask.golden_sha256.empty())
          return go_on();
        fetch_then(self_, *node_, {ask.golden_sha256, ask.uploaded_to, {}}, go_on, refuse);
      },
      refuse);
  return answer;
}

caf::result<validation> catalog_state::on_validate(const validate_model& ask) {
  auto spec = parse_model_toml(ask.model_toml, "model.toml");
  if (!spec)
    return make_error(spec.failure().code, spec.failure().message);
  if (checks_ >= node_->checks_max)
    return make_error(error_code::overloaded,
                      std::to_string(checks_) + " checks are under way, the most at a time (limits.checks); try again later");
  validator_options options{*node_, {"check", 0}, *spec, ask.artifact_sha256, ask.golden_sha256, ask.uploaded_to};
  auto tried = self_->spawn<caf::linked>(validator, std::move(options));
  auto answer = self_->make_response_promise<validation>();
  ++checks_;
  self_->request(tried, node_->timing.check_patience, validate{})
      .then(
          [this, answer](const validation& report) mutable {
            --checks_;
            answer.deliver(report);
          },
          [this, answer, tried](const caf::error& reason) mutable {
            --checks_;
            self_->unlink_from(tried);
            caf::anon_send_exit(tried, caf::exit_reason::kill); // it may be waiting yet
            answer.deliver(reason == caf::sec::request_timeout
                               ? make_error(error_code::unavailable, "the check did not end within "
                                                                         + human_duration(node_->timing.check_patience)
                                                                         + "; `troupe events` tells what it waited for")
                               : reason);
          });
  return answer;
}

void catalog_state::deploy_checked(const deploy& ask, caf::typed_response_promise<deployed> answer) {
  if (auto found = find(ask.name))
    return pass_on(found, ask, answer);
  if (is_known(ask.name)) {
    answer.deliver(absence_of(ask.name));
    return;
  }
  auto& waiting = first_deploys_[ask.name];
  waiting.push_back({ask, answer});
  if (waiting.size() == 1) // else another first deploy has it started
    start_first(ask.name, true);
}

void catalog_state::start_first(const std::string& deployment_name, bool may_clear) {
  const auto& deployments = node_->actors.deployments.get();
  auto give_up = [this, deployment_name](const caf::error& reason) {
    for (auto& first : take_first_deploys(deployment_name))
      first.answer.deliver(reason);
  };
  self_->request(deployments, node_->timing.keeper_patience, start_of(deployment_name))
      .then(
          [this](const child_up& up) {
            on_child_up(up);
            for (auto& first : take_first_deploys(up.id))
              pass_on(find(up.id), first.ask, first.answer);
          },
          [=](const caf::error& reason) {
            if (!may_clear || to_error(reason).code != error_code::already_exists)
              return give_up(reason);
            // The catalog died before it had the one that was undeployed forgotten.
            self_->request(deployments, node_->timing.patience, stop_child{deployment_name})
                .then([=](const child_down&) { start_first(deployment_name, false); }, give_up);
          });
}

std::vector<catalog_state::first_deploy> catalog_state::take_first_deploys(const std::string& deployment_name) {
  auto taken = first_deploys_.extract(deployment_name);
  return taken.empty() ? std::vector<first_deploy>{} : std::move(taken.mapped());
}

void catalog_state::pass_on(const deployment_actor& to, const deploy& ask, caf::typed_response_promise<deployed> answer) {
  self_->request(to, node_->timing.keeper_patience, ask)
      .then([answer](const deployed& made) mutable { answer.deliver(made); },
            [answer](const caf::error& reason) mutable { answer.deliver(reason); });
}

/// One whose records can't be read has no actor: what stands on disk is erased.
caf::result<done> catalog_state::forget_damaged(const std::string& deployment_name) {
  auto answer = self_->make_response_promise<done>();
  self_->request(node_->actors.keeper.get(), node_->timing.keeper_patience, forget_deployment{deployment_name})
      .then(
          [this, deployment_name, answer](done) mutable {
            damaged_.erase(deployment_name);
            deployments_.erase(deployment_name);
            answer.deliver(done{});
          },
          [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

caf::result<done> catalog_state::on_undeploy(const undeploy& ask) {
  if (damaged_.count(ask.name) != 0)
    return forget_damaged(ask.name);
  auto found = find(ask.name);
  if (!found)
    return absence_of(ask.name);
  auto answer = self_->make_response_promise<done>();
  self_->request(found, node_->timing.keeper_patience, ask)
      .then([this, ask, answer](done) mutable { stop_removed(ask.name, answer); },
            [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

void catalog_state::stop_removed(const std::string& deployment_name, caf::typed_response_promise<done> answer) {
  // Answered after it is down, so that the same name can be deployed again at once; its pools drain on their own.
  auto gone = [this, deployment_name, answer]() mutable {
    deployments_.erase(deployment_name);
    answer.deliver(done{});
  };
  self_->request(node_->actors.deployments.get(), node_->timing.patience, stop_child{deployment_name})
      .then([gone](const child_down&) mutable { gone(); }, [gone](const caf::error&) mutable { gone(); });
}

caf::result<deployment_list> catalog_state::on_list(const list_deployments& ask) {
  if (!ask.name.empty() && !find(ask.name))
    return absence_of(ask.name);
  auto progress = std::make_shared<list_in_progress>();
  progress->name = ask.name;
  progress->answer = self_->make_response_promise<deployment_list>();
  progress->open = 1;
  for (const auto& [deployment_name, handle] : deployments_) {
    if (!ask.name.empty() && ask.name != deployment_name)
      continue;
    if (!handle) {
      progress->restarting += damaged_.count(deployment_name) == 0 ? 1 : 0;
      continue;
    }
    ++progress->open;
    self_->request(handle, node_->timing.patience, get_deployment{deployment_name})
        .then(
            [progress](deployment_view& view) {
              if (view.record.last_version != 0)
                progress->views.push_back(std::move(view));
              progress->one_done();
            },
            [progress](const caf::error&) {
              ++progress->restarting;
              progress->one_done();
            });
  }
  auto answer = progress->answer;
  progress->one_done();
  return answer;
}

// -- what happens -----------------------------------------------------------------------------------------------------------------

void catalog_state::on_names(const name_list& stored) {
  still_starting_ = stored.names.size() + 1;
  auto one_started = [this] {
    if (--still_starting_ != 0)
      return;
    self_->become(open());
    for (auto& waiting : std::exchange(awaiting_ready_, {}))
      waiting.deliver(ready{});
  };
  for (const auto& stored_name : stored.names)
    deployments_.emplace(stored_name, deployment_actor());
  tell_names();
  for (const auto& stored_name : stored.names)
    self_->request(node_->actors.deployments.get(), node_->timing.keeper_patience, start_of(stored_name))
        .then(
            [this, one_started](const child_up& up) {
              on_child_up(up);
              one_started();
            },
            [this, one_started, stored_name](const caf::error& reason) {
              // After a restart of the catalog alone they are there already.
              if (to_error(reason).code == error_code::corrupt)
                note_damage(stored_name, to_error(reason));
              else if (to_error(reason).code != error_code::already_exists)
                return self_->quit(reason);
              one_started();
            });
  one_started();
}

/// One deployment that can't be read must not keep the others from serving.
void catalog_state::note_damage(const std::string& deployment_name, const error& why) {
  damaged_[deployment_name] = why.message;
  tell_names();
  node_->events.emit({node_->time.wall_now(),
                      severity::error,
                      "deployment_damaged",
                      {{"deployment", deployment_name}, {"reason", why.message}},
                      "catalog"});
}

void catalog_state::on_child_up(const child_up& up) {
  deployments_[up.id] = caf::actor_cast<deployment_actor>(up.handle);
}

void catalog_state::on_child_down(const child_down& down) {
  if (is_normal_exit(down.reason))
    deployments_.erase(down.id);
  else if (is_known(down.id))
    deployments_[down.id] = deployment_actor();
}

/// A placer that gathers waits for these to tell what they need.
void catalog_state::tell_names() const {
  retain_demands names;
  for (const auto& [deployment_name, handle] : deployments_)
    if (damaged_.count(deployment_name) == 0)
      names.deployments.push_back(deployment_name);
  self_->send(node_->actors.placer.get(), std::move(names));
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

deployment_actor catalog_state::find(const std::string& deployment_name) const {
  auto found = deployments_.find(deployment_name);
  return found == deployments_.end() ? deployment_actor() : found->second;
}

caf::error catalog_state::absence_of(const std::string& deployment_name) const {
  if (auto damage = damaged_.find(deployment_name); damage != damaged_.end())
    return make_error(error_code::corrupt, "deployment '" + deployment_name + "' can't be read: " + damage->second
                                               + "; or undeploy it and deploy it again");
  if (is_known(deployment_name))
    return make_error(error_code::unavailable, "deployment '" + deployment_name + "' is being restarted; retry");
  return unknown(deployment_name);
}

start_child catalog_state::start_of(const std::string& deployment_name) const {
  child_spec child;
  child.id = deployment_name;
  child.kind = "deployment";
  child.restart = restart_type::transient; // it stops by itself once it is removed
  child.ready_deadline = node_->timing.keeper_patience;
  child.start = [node = node_, deployment_name](caf::local_actor& parent) -> supervised_actor {
    return parent.spawn(deployment, deployment_options{*node, deployment_name});
  };
  return {std::move(child)};
}

actor_status catalog_state::status(const char* state) const {
  actor_status own;
  own.kind = "catalog";
  own.state = state;
  own.since = since_;
  own.detail = std::to_string(deployments_.size()) + " deployments";
  return own;
}

catalog_state::behavior_type catalog(catalog_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

} // namespace troupe

/// A deployment whose target takes requests over by stages: what its judge and people say is put to `plan_course`, stored, and done.

#include "actors/deployment.hpp"

#include "actors/errors.hpp"
#include "actors/rollout.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/policy/request_check.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

course_news news_of(rollout_command what) {
  switch (what) {
  case rollout_command::pause: return course_news::paused;
  case rollout_command::resume: return course_news::resumed;
  case rollout_command::promote: return course_news::promoted;
  case rollout_command::abort: return course_news::aborted;
  case rollout_command::skip: break;
  }
  return course_news::skipped;
}

/// "scores, labels"
std::string names_of(const std::vector<tensor_spec>& tensors) {
  std::string names;
  for (const auto& each : tensors)
    names += (names.empty() ? "" : ", ") + each.name;
  return names;
}

bool has_output(const model_spec& model, const std::string& output) {
  return std::any_of(model.outputs.begin(), model.outputs.end(),
                     [&output](const tensor_spec& tensor) { return tensor.name == output; });
}

/// What is asked for, and of whom.
struct asked_rollout {
  const std::string& toml;
  const rollout_spec& spec;
  const model_spec& candidate;
  const deployment_records& stored;

  model_spec incumbent() const { return stored.spec_of(stored.deployment.current_version); }
};

/// `field`: as "check[0].output".
error invalid(const asked_rollout& asked, const std::string& field, const std::string& problem) {
  return {error_code::invalid_argument,
          "rollout.toml:" + std::to_string(line_of(asked.toml, field)) + ": " + field + ": " + problem};
}

/// Whether each check that looks into answers finds what it looks at in both versions.
result<void> check_outputs(const asked_rollout& asked) {
  const auto& candidate = asked.candidate;
  auto incumbent = asked.incumbent();
  for (std::size_t i = 0; i < asked.spec.checks.size(); ++i) {
    const auto& check = asked.spec.checks[i];
    auto field = "check[" + std::to_string(i) + "].output";
    if (!check.output.empty() && !has_output(candidate, check.output))
      return invalid(asked, field, "expected one of " + names_of(candidate.outputs) + ", found \"" + check.output + "\"");
    bool compares = check.kind == check_kind::output_drift || check.kind == check_kind::disagreement;
    auto in_both = [&](const tensor_spec& tensor) { return has_output(incumbent, tensor.name); };
    bool found = check.output.empty() ? std::any_of(candidate.outputs.begin(), candidate.outputs.end(), in_both)
                                      : has_output(incumbent, check.output);
    if (compares && !found)
      return invalid(asked, field,
                     "expected an output that the live version has as well, which has " + names_of(incumbent.outputs));
  }
  return {};
}

/// Whether the candidate takes what the live version takes, so that it can get copies.
result<void> check_copies(const asked_rollout& asked) {
  auto copies = [](const stage_spec& stage) { return stage.copies > 0; };
  const auto& stages = asked.spec.stages;
  auto incumbent = asked.incumbent();
  if (std::none_of(stages.begin(), stages.end(), copies) || takes_same_inputs(asked.candidate, incumbent))
    return {};
  return invalid(asked, "strategy",
                 "expected another one than shadow, because this version takes other inputs than the live one ("
                     + names_of(asked.candidate.inputs) + " against " + names_of(incumbent.inputs)
                     + ", datatypes and shapes counted), so that it can't answer copies");
}

/// Whether each version that an A/B test has besides could answer the deployment's requests.
result<void> check_others(const asked_rollout& asked) {
  for (auto other : asked.spec.others) {
    auto name = "version " + std::to_string(other);
    auto version = asked.stored.find(other);
    if (version == nullptr)
      return invalid(asked, "ab.others",
                     "there is no " + name + ", or it was collected; `troupe versions` lists those that are kept");
    if (other == asked.stored.deployment.current_version)
      return invalid(asked, "ab.others", name + " is the live one, which is part of the test anyway");
    if (version->state == version_state::failed)
      return invalid(asked, "ab.others", name + " failed, and can't be tested: " + version->reason);
    if (!takes_same_inputs(asked.stored.spec_of(other), asked.incumbent()))
      return invalid(asked, "ab.others", name + " takes other inputs than the live version");
  }
  return {};
}

} // namespace

result<void> deployment_state::check_rollout(const std::string& toml, const model_spec& model) const {
  auto spec = parse_rollout_toml(toml, "rollout.toml");
  if (!spec)
    return spec.failure();
  if (record().current_version == 0 || record().wanted_replicas == 0) {
    if (spec->stages.empty())
      return {};
    if (record().current_version != 0)
      return error{error_code::failed_precondition, "'" + record().name
                                                        + "' is scaled to 0, so that no version could be compared; `troupe scale "
                                                        + record().name + " N` first, or deploy it with `--strategy rolling`"};
    return error{error_code::failed_precondition,
                 "'" + record().name
                     + "' has no live version that this one could take requests over from by stages; deploy it with "
                       "`--strategy rolling`"};
  }
  asked_rollout asked{toml, *spec, model, stored_};
  for (auto check : {check_outputs, check_copies, check_others})
    if (auto fits = check(asked); !fits)
      return fits;
  return {};
}

caf::result<done> deployment_state::on_steer(const steer_rollout& ask) {
  if (!record().course)
    return make_error(error_code::failed_precondition,
                      "no version of '" + record().name + "' is taking requests over by stages; `troupe versions " + record().name
                          + "` tells how far each is, and `troupe rollback " + record().name + "` ends what is on its way up");
  auto answer = self_->make_response_promise<done>();
  go_on(
      {news_of(ask.what), ask.by, {}, {}, 0}, [answer]() mutable { answer.deliver(done{}); },
      [answer](const caf::error& reason) mutable { answer.deliver(reason); });
  return answer;
}

void deployment_state::on_seen(const rollout_seen& news) {
  if (!judge_ || !record().course)
    return;
  count_unanswered(news.figures);
  seen_.evidence = news.evidence;
  figures_ = news.figures;
  course_event event{course_news::looked, {}, {}, {}, 0};
  if (news.fuse)
    event = {course_news::fuse_blown, {}, {}, news.fuse->node_name, news.fuse->failures};
  on_course(event);
}

void deployment_state::count_unanswered(const rollout_figures& now) {
  bool asked = now.copies + now.shed > figures_.copies + figures_.shed;
  if (now.candidate.requests != figures_.candidate.requests)
    unanswered_looks_ = 0;
  else if (asked)
    ++unanswered_looks_;
}

void deployment_state::on_course(const course_event& what) {
  // What can't be stored is told by `save`, and seen again at the next look.
  go_on(what, [] {}, [](const caf::error&) {});
}

void deployment_state::go_on(const course_event& event, std::function<void()> next,
                             std::function<void(const caf::error&)> failed) {
  auto target = record().target_version;
  auto now = options_->node.time.wall_now();
  seen_ = course_now();
  auto plan = plan_course(stored_.rollout_of(target), record().course.value_or(rollout_course{}), seen_, event);
  if (!plan)
    return failed(make_error(plan.failure().code, plan.failure().message));
  auto after = stored_;
  auto change = apply(*plan, now, after);
  auto act = [this, plan = *plan, target, next = std::move(next)] {
    if (plan.line)
      emit(severity::info, "rollout_moved",
           {{"version", std::to_string(target)}, {"what", plan.line->what}, {"reason", plan.line->why}, {"by", plan.line->who}});
    for (const auto& step : plan.steps)
      take(step);
    tell_needs();
    settle();
    next();
  };
  if (plan->stores)
    return save(std::move(after), std::move(change), std::move(act), std::move(failed));
  stored_.deployment.course = plan->course; // how long it was watched
  act();
}

void deployment_state::take(const course_step& step) {
  auto target = record().target_version;
  switch (step.act) {
  case course_act::set_split: return; // by the next demand
  case course_act::finish: return happened(rollout_news::promoted, target);
  case course_act::roll_back:
    if (step.winner != 0)
      return happened(rollout_news::undone, step.winner, step.words);
    return happened(rollout_news::broken, target, step.words);
  case course_act::ask:
    return emit(severity::warn, "rollout_asks", {{"version", std::to_string(target)}, {"reason", step.words}});
  }
}

void deployment_state::begin_course() {
  auto target = record().target_version;
  if (!judge_) {
    rollout_options options{options_->node,
                            record().name,
                            target,
                            record().current_version,
                            stored_.rollout_of(target),
                            caf::actor_cast<rollout_listener>(self_)};
    judge_ = self_->spawn<caf::linked>(rollout, std::move(options));
    tell_judge(); // of the split that is in force since an earlier life, if there is one
  }
  self_->send(self_, course_happened{{course_news::begun, {}, {}, {}, 0}});
}

void deployment_state::tell_judge() {
  if (!judge_ || !record().course)
    return;
  auto now = stored_.split();
  self_->send(judge_, judge_split{record().course->split_number, now.number, now.takes_rewards});
}

void deployment_state::end_judging() {
  if (!judge_ || record().target_version != 0)
    return;
  self_->unlink_from(judge_);
  caf::anon_send_exit(judge_, caf::exit_reason::kill);
  judge_ = rollout_actor();
  seen_ = {};
  figures_ = {};
  unanswered_looks_ = 0;
}

course_view deployment_state::course_now() const {
  auto now = seen_;
  now.now = options_->node.time.wall_now();
  auto found = needs_.find(record().target_version);
  auto serving = found == needs_.end() ? 0 : found->second.state.serving;
  now.can_serve = serving > 0 && unanswered_looks_ < unanswered_looks_max;
  auto wanted = std::max(1U, found == needs_.end() ? record().wanted_replicas : found->second.replicas);
  now.room = static_cast<permille>(std::min<std::uint64_t>(all_requests, std::uint64_t{all_requests} * serving / wanted));
  if (now.room < all_requests && stored_.rolling()) // each of its stages begins with all of its replicas
    now.room = 0;
  return now;
}

std::optional<rollout_status> deployment_state::rollout_now() const {
  if (!record().course || record().target_version == 0)
    return std::nullopt;
  rollout_status status;
  status.candidate = record().target_version;
  status.incumbent = record().current_version;
  status.course = *record().course;
  auto spec = stored_.rollout_of(status.candidate);
  status.weight = split_of(spec, status.course).weight;
  status.missing = missing_to_leave(spec, status.course, course_now());
  for (auto other : spec.others)
    status.figures.others.push_back({other, {}});
  if (seen_.evidence.split_number != status.course.split_number)
    return status; // of this stage nothing was seen yet
  status.checks = seen_.evidence.checks;
  status.figures = figures_;
  return status;
}

} // namespace troupe

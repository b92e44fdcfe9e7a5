#include "runtime/policy/rollout_course.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>

namespace troupe {

namespace {

// -- words ------------------------------------------------------------------------------------------------------------------------

std::string percent(permille share) {
  return per_cent(share) + "%";
}

std::string name(const check_spec& check) {
  switch (check.kind) {
  case check_kind::error_rate: return "the error rate";
  case check_kind::latency_p50: return "the p50 latency";
  case check_kind::latency_p95: return "the p95 latency";
  case check_kind::latency_p99: return "the p99 latency";
  case check_kind::finite_outputs: return "finite outputs";
  case check_kind::output_drift: return "the outputs' drift";
  case check_kind::disagreement: return "disagreement";
  case check_kind::memory: return "memory";
  case check_kind::expression: return check.bounded ? check.bounded->value : "an expression";
  }
  return "a check";
}

std::string place(const rollout_spec& spec, const rollout_course& course) {
  if (spec.stages.empty())
    return "the switch";
  return "stage " + std::to_string(course.stage + 1) + " of " + std::to_string(spec.stages.size());
}

std::string describe(const course_split& split) {
  std::string text = percent(split.weight) + " of requests";
  if (split.copies != 0)
    text += ", copies of " + percent(split.copies);
  return text;
}

/// "version 2", "versions 2, 7"; at least one.
std::string names_of(const std::vector<version_number>& versions) {
  std::string list;
  for (auto version : versions)
    list += (list.empty() ? " " : ", ") + std::to_string(version);
  return (versions.size() == 1 ? "version" : "versions") + list;
}

/// ", and as many for each of versions 2, 7"
std::string others_text(const rollout_spec& spec, const rollout_course& course) {
  if (spec.others.empty() || !is_ab_test(spec, course))
    return {};
  return (spec.others.size() == 1 ? ", and as many for " : ", and as many for each of ") + names_of(spec.others);
}

std::string person(const course_event& event) {
  return event.who.empty() ? "a person" : event.who;
}

// -- what there is ----------------------------------------------------------------------------------------------------------------

/// A rollout without stages is one in which the candidate waits until it can serve.
stage_spec stage_of(const rollout_spec& spec, std::uint32_t index) {
  if (index < spec.stages.size())
    return spec.stages[index];
  stage_spec none;
  none.hold = std::chrono::seconds(0);
  return none;
}

permille load(permille weight, permille copies) {
  return std::min(all_requests, std::min(all_requests, weight) + std::min(all_requests, copies));
}

/// What the candidate gets once the stage is left.
permille load_after(const rollout_spec& spec, std::uint32_t index) {
  if (index + 1 >= spec.stages.size())
    return all_requests;
  return load(spec.stages[index + 1].weight, spec.stages[index + 1].copies);
}

/// Of another split than this there is none.
course_evidence evidence_of_stage(const rollout_course& course, const course_view& view) {
  return view.evidence.split_number == course.split_number ? view.evidence : course_evidence{};
}

bool could_have_data(const check_spec& check, const stage_spec& stage) {
  if (check.kind == check_kind::memory)
    return true;
  if (check.kind == check_kind::disagreement)
    return stage.copies > 0;
  if (check.bounded && check.bounded->asks_incumbent && stage.weight >= all_requests)
    return false; // nothing is left to be compared with
  return stage.weight > 0 || (stage.copies > 0 && !is_of_latency(check));
}

std::string missing_data(const rollout_spec& spec, const stage_spec& stage, const course_evidence& known) {
  for (std::size_t i = 0; i < spec.checks.size(); ++i) {
    const auto& check = spec.checks[i];
    if (!could_have_data(check, stage))
      continue;
    if (i >= known.checks.size() || known.checks[i].samples == 0)
      return "there is no data for " + name(check);
    if (needs_incumbent(check) && stage.weight < all_requests && known.incumbent_samples == 0)
      return "the incumbent had no requests that " + name(check) + " could be compared with";
  }
  return {};
}

/// Why the candidate must be rolled back; "": it need not.
std::string harm(const rollout_spec& spec, const rollout_course& course, const course_view& view) {
  for (std::size_t i = 0; i < view.evidence.checks.size(); ++i) {
    const auto& check = view.evidence.checks[i];
    if (check.judgement != check_judgement::worse)
      continue;
    if (!check.words.empty())
      return check.words;
    return "the candidate is worse by " + (i < spec.checks.size() ? name(spec.checks[i]) : "a check");
  }
  auto known = evidence_of_stage(course, view);
  if (stage_of(spec, course.stage).strategy == rollout_strategy::ab && known.arm == arm_judgement::worse)
    return "the incumbent is better" + (known.arm_words.empty() ? "" : ": " + known.arm_words);
  return {};
}

/// The wall clock may have jumped, either way.
void count_time(rollout_course& course, wall_time now) {
  std::chrono::nanoseconds passed = now - course.counted;
  course.counted = now;
  if (!course.paused && !course.asking)
    course.held += std::clamp(passed, std::chrono::nanoseconds(0), watch_gap_max);
}

bool over(const rollout_course& course) {
  return course.outcome != course_outcome::under_way;
}

// -- moves ------------------------------------------------------------------------------------------------------------------------

/// What goes into one plan.
struct occasion {
  const rollout_spec& spec;
  const course_view& view;
  const course_event& event;
  course_plan plan;
};

void set_split(occasion& at) {
  at.plan.steps.push_back({course_act::set_split, split_of(at.spec, at.plan.course), {}});
}

course_plan end(occasion at, course_outcome outcome, const std::string& reason) {
  auto& course = at.plan.course;
  course.outcome = outcome;
  course.reason = reason;
  course.paused = course.asking = false;
  ++course.split_number;
  at.plan.stores = true;
  set_split(at);
  bool good = outcome == course_outcome::promoted;
  at.plan.steps.push_back({good ? course_act::finish : course_act::roll_back, {}, reason, course.winner});
  at.plan.line = course_line{good ? "promoted" : "rolled back", reason, at.event.who};
  return std::move(at.plan);
}

course_plan roll_back(occasion at, const std::string& reason) {
  return end(std::move(at), course_outcome::rolled_back, reason);
}

course_plan enter(occasion at, std::uint32_t stage, const std::string& why) {
  auto& course = at.plan.course;
  course.stage = stage;
  course.since = course.counted = at.view.now;
  course.held = std::chrono::nanoseconds(0);
  course.asking = false;
  course.reason.clear();
  ++course.split_number;
  at.plan.stores = true;
  set_split(at);
  auto what = place(at.spec, course) + " began: " + describe(split_of(at.spec, course)) + others_text(at.spec, course);
  at.plan.line = course_line{what, why, at.event.who};
  return std::move(at.plan);
}

/// For the next stage, or the end.
course_plan leave(occasion at, const std::string& why) {
  auto next = at.plan.course.stage + 1;
  if (next < at.spec.stages.size())
    return enter(std::move(at), next, why);
  return end(std::move(at), course_outcome::promoted, why);
}

course_plan ask(occasion at, const std::string& why) {
  at.plan.course.asking = true;
  at.plan.course.reason = why;
  at.plan.stores = true;
  at.plan.steps.push_back({course_act::ask, {}, why});
  at.plan.line = course_line{"asked a person", why, {}};
  return std::move(at.plan);
}

/// What was to be done when the course was stored.
course_plan do_again(occasion at) {
  auto& course = at.plan.course;
  course.counted = at.view.now;
  if (course.split_number == 0)
    return std::move(at.plan);
  set_split(at);
  if (course.outcome == course_outcome::promoted)
    at.plan.steps.push_back({course_act::finish, {}, course.reason});
  else if (course.outcome == course_outcome::rolled_back)
    at.plan.steps.push_back({course_act::roll_back, {}, course.reason, course.winner});
  else if (course.asking)
    at.plan.steps.push_back({course_act::ask, {}, course.reason});
  return std::move(at.plan);
}

// -- what has happened ------------------------------------------------------------------------------------------------------------

course_plan on_begun(occasion at) {
  if (at.plan.course.split_number != 0)
    return do_again(std::move(at));
  if (at.spec.stages.empty() && at.view.can_serve) {
    at.plan.course.since = at.plan.course.counted = at.view.now;
    return end(std::move(at), course_outcome::promoted, "the candidate is ready, and there are no stages");
  }
  return enter(std::move(at), 0, "the candidate is ready");
}

/// An A/B test has a winner, or all samples without one.
course_plan on_test_done(occasion at, bool asks) {
  auto known = evidence_of_stage(at.plan.course, at.view);
  auto words = known.arm_words.empty() ? "" : ": " + known.arm_words;
  auto who = known.winner != 0 ? "version " + std::to_string(known.winner) : "the candidate";
  bool is_won = known.winner != 0 || known.arm == arm_judgement::better;
  auto left = known.out.empty() ? "" : " among those that are left, without " + names_of(known.out);
  auto why = is_won ? who + " is better" + words : "no difference was found" + left;
  if (asks)
    return ask(std::move(at), why);
  if (is_won && known.winner == 0)
    return leave(std::move(at), why);
  at.plan.course.winner = known.winner;
  return roll_back(std::move(at), why);
}

/// All is there.
course_plan on_stage_done(occasion at) {
  auto stage = stage_of(at.spec, at.plan.course.stage);
  auto known = evidence_of_stage(at.plan.course, at.view);
  if (stage.strategy == rollout_strategy::ab)
    return on_test_done(std::move(at), stage.asks);
  auto why = place(at.spec, at.plan.course) + " went well: " + std::to_string(known.candidate_samples) + " samples in "
             + human_duration(at.plan.course.held);
  return stage.asks ? ask(std::move(at), why) : leave(std::move(at), why);
}

course_plan on_looked(occasion at) {
  auto& course = at.plan.course;
  if (auto why = harm(at.spec, course, at.view); !why.empty())
    return roll_back(std::move(at), why);
  if (course.paused || course.asking)
    return std::move(at.plan);
  auto missing = missing_to_leave(at.spec, course, at.view);
  if (missing.empty())
    return on_stage_done(std::move(at));
  if (course.held - stage_of(at.spec, course.stage).hold < at.spec.overdue)
    return std::move(at.plan);
  auto why = place(at.spec, course) + " is overdue: after " + human_duration(course.held) + " " + missing;
  return at.spec.on_overdue == overdue_action::ask ? ask(std::move(at), why) : roll_back(std::move(at), why);
}

bool is_command(course_news what) {
  return what == course_news::paused || what == course_news::resumed || what == course_news::skipped
         || what == course_news::promoted || what == course_news::aborted;
}

/// Why a person's command makes no sense now; "": it does.
std::string nonsense(const occasion& at) {
  const auto& course = at.plan.course;
  auto what = at.event.what;
  if (course.split_number == 0)
    return "the rollout has not begun; wait until the candidate is ready";
  if (course.outcome == course_outcome::promoted)
    return "the rollout is over, the candidate is live; to go back use `troupe rollback`";
  if (course.outcome == course_outcome::rolled_back)
    return "the rollout is over, the candidate was rolled back (" + course.reason + "); deploy again to try once more";
  if (what == course_news::paused && course.paused)
    return "the rollout is paused already; resume it, or abort it";
  if (what == course_news::resumed && !course.paused)
    return course.asking ? "the rollout isn't paused, it waits for an answer (" + course.reason + "): skip, promote or abort"
                         : "the rollout isn't paused; it goes on by itself";
  if (what != course_news::skipped && what != course_news::promoted)
    return {};
  if (auto why = harm(at.spec, course, at.view); !why.empty())
    return "the candidate is about to be rolled back: " + why;
  if (!at.view.can_serve)
    return "the candidate can't answer just now; wait until it has replicas, or abort";
  return {};
}

course_plan set_paused(occasion at, bool paused) {
  at.plan.course.paused = paused;
  at.plan.stores = true;
  at.plan.line = course_line{paused ? "paused" : "resumed", {}, at.event.who};
  return std::move(at.plan);
}

result<course_plan> on_command(occasion at) {
  if (auto why = nonsense(at); !why.empty())
    return error{error_code::failed_precondition, why};
  auto who = person(at.event);
  switch (at.event.what) {
  case course_news::paused: return set_paused(std::move(at), true);
  case course_news::resumed: return set_paused(std::move(at), false);
  case course_news::skipped: {
    auto why = place(at.spec, at.plan.course) + " was skipped by " + who;
    return leave(std::move(at), why);
  }
  case course_news::promoted: return end(std::move(at), course_outcome::promoted, "promoted by " + who);
  default: return roll_back(std::move(at), "aborted by " + who);
  }
}

} // namespace

course_split split_of(const rollout_spec& spec, const rollout_course& course) {
  if (course.split_number == 0 || course.outcome == course_outcome::rolled_back)
    return {0, 0, course.split_number};
  if (course.outcome == course_outcome::promoted)
    return {all_requests, 0, course.split_number};
  auto stage = stage_of(spec, course.stage);
  return {std::min(stage.weight, all_requests), std::min(stage.copies, all_requests), course.split_number};
}

bool is_ab_test(const rollout_spec& spec, const rollout_course& course) {
  return course.split_number != 0 && !over(course) && course.stage < spec.stages.size()
         && spec.stages[course.stage].strategy == rollout_strategy::ab;
}

std::string missing_to_leave(const rollout_spec& spec, const rollout_course& course, const course_view& view) {
  auto stage = stage_of(spec, course.stage);
  auto known = evidence_of_stage(course, view);
  if (course.held < stage.hold)
    return "it has held for " + human_duration(std::chrono::floor<std::chrono::seconds>(course.held)) + " of "
           + human_duration(stage.hold); // never rounded up to the whole hold
  bool is_won = stage.strategy == rollout_strategy::ab && (known.arm == arm_judgement::better || known.winner != 0);
  if (known.candidate_samples < stage.samples && !is_won)
    return stage.strategy == rollout_strategy::ab
               ? "the version with the fewest rewards has " + std::to_string(known.candidate_samples) + " of "
                     + std::to_string(stage.samples)
               : "there are " + std::to_string(known.candidate_samples) + " samples of " + std::to_string(stage.samples);
  if (auto why = missing_data(spec, stage, known); !why.empty())
    return why;
  if (is_won && known.winner != 0)
    return {}; // what becomes of the candidate doesn't matter any more
  if (!view.can_serve)
    return "the candidate can't answer";
  auto next = load_after(spec, course.stage);
  if (next > view.room && next > load(stage.weight, stage.copies))
    return "the candidate has replicas for " + percent(view.room) + " of requests, not for " + percent(next);
  return {};
}

result<course_plan> plan_course(const rollout_spec& spec, const rollout_course& course, const course_view& view,
                                const course_event& event) {
  occasion at{spec, view, event, {course, false, {}, {}}};
  if (event.what == course_news::leader_resumed)
    return do_again(std::move(at));
  if (event.what == course_news::begun)
    return on_begun(std::move(at));
  if (is_command(event.what) && (course.split_number == 0 || over(course)))
    return error{error_code::failed_precondition, nonsense(at)};
  if (course.split_number == 0 || over(course))
    return at.plan;
  auto& counted = at.plan.course;
  count_time(counted, view.now);
  at.plan.stores = course.held / held_stored_every != counted.held / held_stored_every;
  switch (event.what) {
  case course_news::looked: return on_looked(std::move(at));
  case course_news::candidate_broken: return roll_back(std::move(at), "the candidate broke: " + event.reason);
  case course_news::fuse_blown:
    return roll_back(std::move(at),
                     "node " + event.node + " had " + std::to_string(event.failures) + " failures of the candidate in a row");
  default: return on_command(std::move(at));
  }
}

} // namespace troupe

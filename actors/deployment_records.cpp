#include "actors/deployment_records.hpp"

#include "runtime/base/model_toml.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/policy/rolling_plan.hpp"

#include <algorithm>
#include <iterator>

namespace troupe {

namespace {

/// The oldest goes, but that it was live is never forgotten.
void make_room(std::vector<version_move>& moves) {
  if (moves.size() < version_record::moves_max)
    return;
  auto oldest =
      std::find_if(moves.begin(), moves.end(), [](const version_move& each) { return each.state != version_state::live; });
  moves.erase(oldest == moves.end() ? moves.begin() : oldest);
}

void move(version_record& version, const version_change& change, const std::string& by, wall_time now) {
  version.state = change.state;
  version.reason = change.reason;
  make_room(version.moves);
  version.moves.push_back({change.state, now, by, change.reason});
}

/// Whether it was on its way up, or live, before.
bool comes_back(const version_record& version) {
  auto ended = [](const version_move& move) {
    return move.state == version_state::live || move.state == version_state::superseded
           || move.state == version_state::rolled_back;
  };
  return std::any_of(version.moves.begin(), version.moves.end(), ended);
}

/// Of a version that comes back: it has earned its requests before. Replicas still go one by one where there is no room for more.
rollout_spec without_trial(const rollout_spec& spec) {
  rollout_spec back;
  back.rolling = spec.rolling;
  if (back.rolling)
    back.rolling->hold = std::chrono::seconds(0);
  return back;
}

} // namespace

const version_record* deployment_records::find(version_number number) const {
  auto found = versions.find(number);
  return found == versions.end() ? nullptr : &found->second;
}

model_spec deployment_records::spec_of(version_number number) const {
  auto version = find(number);
  auto spec = version == nullptr ? result<model_spec>(model_spec{}) : parse_model_toml(version->model_toml, "model.toml");
  return spec ? *spec : model_spec{};
}

rollout_spec deployment_records::rollout_of(version_number number) const {
  auto version = find(number);
  if (version == nullptr)
    return {};
  auto spec = parse_rollout_toml(version->rollout_toml, "rollout.toml");
  if (!spec)
    return {};
  if (number == deployment.target_version && comes_back(*version))
    *spec = without_trial(*spec);
  return deployment.current_version == 0 ? *spec : with_rolling_stages(std::move(*spec), deployment.wanted_replicas);
}

std::chrono::nanoseconds deployment_records::bake_of(version_number number) const {
  return rollout_of(number).rolling ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds(spec_of(number).bake);
}

std::optional<rolling_bounds> deployment_records::rolling() const {
  return deployment.current_version == 0 ? std::nullopt : rollout_of(deployment.target_version).rolling;
}

std::uint32_t deployment_records::replicas_of(version_number number) const {
  auto bounds = rolling(); // then there is a target
  bool has_begun = bounds && find(deployment.target_version)->state != version_state::validating;
  if (!bounds || (!has_begun && number != deployment.target_version))
    return deployment.wanted_replicas;
  bool divides = deployment.course && deployment.course->split_number > 0;
  auto counts = counts_in(*bounds, deployment.wanted_replicas, divides ? std::optional(deployment.course->stage) : std::nullopt);
  return number == deployment.target_version ? counts.candidate : counts.incumbent;
}

std::vector<version_number> deployment_records::tested() const {
  if (deployment.target_version == 0 || deployment.current_version == 0)
    return {};
  auto spec = rollout_of(deployment.target_version);
  return spec.stages.empty() ? std::vector<version_number>() : spec.others;
}

split_order deployment_records::split() const {
  if (!deployment.course || deployment.target_version == 0)
    return {};
  auto spec = rollout_of(deployment.target_version);
  auto now = split_of(spec, *deployment.course);
  auto number = deployment.course->splits_before + now.number;
  split_order order{number, deployment.target_version, now.weight, now.copies, spec.key, spec.always, spec.fuse, {}, false, {}};
  std::copy_if(spec.checks.begin(), spec.checks.end(), std::back_inserter(order.looks),
               [](const check_spec& check) { return looks_into_answers(check.kind); });
  order.takes_rewards = is_ab_test(spec, *deployment.course);
  if (order.takes_rewards)
    order.others = spec.others;
  return order;
}

bool ever_served(const version_record& version) {
  auto live = [](const version_move& move) { return move.state == version_state::live; };
  auto state = version.state;
  return state == version_state::live || state == version_state::superseded
         || std::any_of(version.moves.begin(), version.moves.end(), live);
}

rollout_view view_of(const deployment_records& stored, const std::function<bool(version_number)>& is_ready) {
  const auto& record = stored.deployment;
  rollout_view view;
  view.current = record.current_version;
  view.target = record.target_version;
  view.previous = record.previous_version;
  view.last = record.last_version;
  view.previous_ready = is_ready(record.previous_version);
  view.tested = stored.tested();
  std::copy_if(view.tested.begin(), view.tested.end(), std::back_inserter(view.tested_ready), is_ready);
  view.staged = record.target_version != 0 && !stored.rollout_of(record.target_version).stages.empty();
  view.divided = record.course && record.course->split_number > 0;
  view.promoted = record.course && record.course->outcome == course_outcome::promoted;
  view.keep = stored.spec_of(record.current_version).keep_versions;
  for (const auto& [number, version] : stored.versions)
    view.versions.push_back({number, version.state, ever_served(version)});
  return view;
}

state_change apply(const rollout_plan& plan, const std::string& by, wall_time now, const version_record* added,
                   deployment_records& stored) {
  auto& record = stored.deployment;
  if (plan.previous != 0 && plan.current != record.current_version)
    record.bake_until = now + stored.bake_of(plan.current);
  if (plan.target != record.target_version)
    record.course.reset();
  record.current_version = plan.current;
  record.target_version = plan.target;
  record.previous_version = plan.previous;
  record.last_version = plan.last;
  if (added != nullptr)
    stored.versions[plan.last] = *added;
  state_change change{{record}, {}, {}, {}};
  for (const auto& each : plan.changes) {
    auto& version = stored.versions[each.number];
    move(version, each, by, now);
    change.put_versions.push_back(version);
  }
  for (auto number : plan.erased) {
    change.erased_versions.push_back({record.name, number});
    stored.versions.erase(number);
  }
  return change;
}

state_change apply(const course_plan& plan, wall_time now, deployment_records& stored) {
  auto& record = stored.deployment;
  auto before = record.course ? record.course->splits_before
                              : static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::microseconds(1));
  record.course = plan.course;
  record.course->splits_before = before;
  state_change change{{record}, {}, {}, {}};
  if (!plan.line)
    return change;
  auto& version = stored.versions[record.target_version];
  make_room(version.moves);
  auto note = plan.line->what + (plan.line->why.empty() ? "" : ": " + plan.line->why);
  version.moves.push_back({version.state, now, plan.line->who, note});
  change.put_versions.push_back(version);
  return change;
}

state_change erase_all(const deployment_records& stored) {
  state_change change{{}, {stored.deployment}, {}, {}};
  for (const auto& [number, version] : stored.versions)
    change.erased_versions.push_back(version.id);
  return change;
}

} // namespace troupe

#include "actors/deployment_records.hpp"

#include "runtime/base/model_toml.hpp"

#include <algorithm>

namespace troupe {

namespace {

void move(version_record& version, const version_change& change, wall_time now) {
  version.state = change.state;
  version.reason = change.reason;
  if (version.moves.size() == version_record::moves_max)
    version.moves.erase(version.moves.begin());
  version.moves.push_back({change.state, now});
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

bool ever_served(const version_record& version) {
  auto live = [](const version_move& move) { return move.state == version_state::live; };
  auto state = version.state;
  return state == version_state::live || state == version_state::superseded || state == version_state::rolled_back
         || std::any_of(version.moves.begin(), version.moves.end(), live);
}

rollout_view view_of(const deployment_records& stored, bool previous_ready) {
  const auto& record = stored.deployment;
  rollout_view view;
  view.current = record.current_version;
  view.target = record.target_version;
  view.previous = record.previous_version;
  view.last = record.last_version;
  view.previous_ready = previous_ready;
  view.keep = stored.spec_of(record.current_version).keep_versions;
  for (const auto& [number, version] : stored.versions)
    view.versions.push_back({number, version.state, ever_served(version)});
  return view;
}

state_change apply(const rollout_plan& plan, wall_time now, const version_record* added, deployment_records& stored) {
  auto& record = stored.deployment;
  if (plan.previous != 0 && plan.current != record.current_version)
    record.bake_until = now + stored.spec_of(plan.current).bake;
  record.current_version = plan.current;
  record.target_version = plan.target;
  record.previous_version = plan.previous;
  record.last_version = plan.last;
  if (added != nullptr)
    stored.versions[plan.last] = *added;
  state_change change{{record}, {}, {}, {}};
  for (const auto& each : plan.changes) {
    auto& version = stored.versions[each.number];
    move(version, each, now);
    change.put_versions.push_back(version);
  }
  for (auto number : plan.erased) {
    change.erased_versions.push_back({record.name, number});
    stored.versions.erase(number);
  }
  return change;
}

state_change erase_all(const deployment_records& stored) {
  state_change change{{}, {stored.deployment}, {}, {}};
  for (const auto& [number, version] : stored.versions)
    change.erased_versions.push_back(version.id);
  return change;
}

} // namespace troupe

#include "tests/sim/expected_state.hpp"

namespace troupe {

std::string to_string(const expected_deployment& state) {
  if (!state.exists)
    return "none";
  return "version " + std::to_string(state.last_version) + " x" + std::to_string(state.wanted);
}

expected_deployment sim_command::applied_to(expected_deployment before) const {
  switch (what) {
  case kind::undeploy: return {};
  case kind::scale: before.wanted = replicas; return before;
  case kind::deploy: return {true, before.last_version + 1, replicas};
  case kind::rollback:
  case kind::steer: return before;
  }
  return before;
}

std::string sim_command::text() const {
  switch (what) {
  case kind::undeploy: return "undeploy " + name;
  case kind::scale: return "scale " + name + " " + std::to_string(replicas);
  case kind::deploy: return "deploy " + name + " --replicas " + std::to_string(replicas);
  case kind::rollback: return "rollback " + name + " --to " + std::to_string(replicas);
  case kind::steer: return "steer the rollout of " + name;
  }
  return {};
}

expected_state::states& expected_state::of(const std::string& name) {
  return deployments_.emplace(name, states{expected_deployment{}}).first->second;
}

bool expected_state::acknowledge(const sim_command& command, std::uint32_t version) {
  states after;
  for (const auto& before : of(command.name)) {
    auto done = command.applied_to(before);
    bool possible = command.what == sim_command::kind::deploy ? done.last_version == version : before.exists;
    if (possible)
      after.insert(done);
  }
  if (after.empty())
    return false;
  of(command.name) = after;
  return true;
}

void expected_state::doubt(const sim_command& command) {
  auto& all = of(command.name);
  auto before_all = all;
  for (const auto& before : before_all)
    if (before.exists || command.what == sim_command::kind::deploy)
      all.insert(command.applied_to(before));
}

bool expected_state::refuse_missing(const sim_command& command) {
  return of(command.name).count(expected_deployment{}) != 0;
}

bool expected_state::look(const std::string& name, const expected_deployment& seen) {
  auto& all = of(name);
  if (all.count(seen) == 0)
    return false;
  all = {seen};
  return true;
}

std::optional<expected_deployment> expected_state::certain(const std::string& name) const {
  auto found = deployments_.find(name);
  if (found == deployments_.end())
    return expected_deployment{};
  return found->second.size() == 1 ? std::optional(*found->second.begin()) : std::nullopt;
}

std::string expected_state::describe(const std::string& name) const {
  std::string text;
  if (auto found = deployments_.find(name); found != deployments_.end())
    for (const auto& state : found->second)
      text += (text.empty() ? "" : " or ") + to_string(state);
  return text;
}

} // namespace troupe

#include "runtime/cli/rollout_status_json.hpp"

#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

json check_json(schema::RolloutStatus::Check::Reader check) {
  return {{"kind", text_of(check.getKind())},
          {"name", text_of(check.getName())},
          {"judgement", text_of(check.getJudgement())},
          {"words", text_of(check.getWords())},
          {"samples", check.getSamples()}};
}

json figures_json(schema::RolloutStatus::Figures::Reader did) {
  return {{"requests", did.getRequests()}, {"failures", did.getFailures()}, {"p50_us", did.getP50Us()},
          {"p99_us", did.getP99Us()},      {"rewards", did.getRewards()},   {"reward_mean", did.getRewardMean()},
          {"out", did.getIsOut()}};
}

} // namespace

json rollout_status_json(schema::DeploymentStatus::Reader deployment) {
  if (!deployment.hasRollout())
    return nullptr;
  auto rollout = deployment.getRollout();
  auto checks = json::array();
  for (auto check : rollout.getChecks())
    checks.push_back(check_json(check));
  auto others = json::array();
  for (auto other : rollout.getOthers())
    others.push_back({{"version", other.getVersion()}, {"did", figures_json(other.getDid())}});
  return {{"candidate", rollout.getCandidate()},
          {"incumbent", rollout.getIncumbent()},
          {"rollout_toml", text_of(rollout.getRolloutToml())},
          {"stage", rollout.getStage()},
          {"since_unix_ns", rollout.getSinceUnixNs()},
          {"held_us", rollout.getHeldUs()},
          {"paused", rollout.getPaused()},
          {"asking", rollout.getAsking()},
          {"outcome", text_of(rollout.getOutcome())},
          {"reason", text_of(rollout.getReason())},
          {"missing", text_of(rollout.getMissing())},
          {"weight_permille", rollout.getWeight()},
          {"copies", rollout.getCopies()},
          {"copies_shed", rollout.getShed()},
          {"checks", std::move(checks)},
          {"candidate_did", figures_json(rollout.getCandidateDid())},
          {"incumbent_did", figures_json(rollout.getIncumbentDid())},
          {"others", std::move(others)}};
}

json move_json(schema::Move::Reader move) {
  return {{"state", text_of(move.getState())},
          {"unix_ns", move.getUnixNs()},
          {"by", text_of(move.getBy())},
          {"note", text_of(move.getNote())}};
}

} // namespace troupe

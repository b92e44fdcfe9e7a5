#include "runtime/cli/rollout_view.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/rollout_heading.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

namespace {

using status = schema::RolloutStatus::Reader;

std::string command_of(const std::string& deployment, const char* what) {
  return "`troupe rollout " + deployment + " " + what + "`";
}

bool is_last_stage(status rollout, const result<rollout_spec>& spec) {
  return spec && rollout.getStage() + std::uint64_t{1} >= spec->stages.size();
}

std::string if_asking(const std::string& deployment, status rollout, bool last_stage) {
  auto next = last_stage ? "" : command_of(deployment, "skip") + " goes on to the next stage, ";
  std::string others;
  for (auto other : rollout.getOthers()) {
    auto number = std::to_string(other.getVersion());
    others += "`troupe rollback " + deployment + " --to " + number + "` to version " + number + ", ";
  }
  return "say what shall be: " + command_of(deployment, "promote") + " gives all requests to version "
         + std::to_string(rollout.getCandidate()) + ", " + others + next + command_of(deployment, "abort")
         + " gives them back to version " + std::to_string(rollout.getIncumbent()) + "\n";
}

std::string if_paused(const std::string& deployment, status rollout) {
  return command_of(deployment, "resume") + " lets it go on, " + command_of(deployment, "abort") + " goes back to version "
         + std::to_string(rollout.getIncumbent()) + "\n";
}

/// What a person can do, or what it waits for.
std::string next_text(const std::string& deployment, status rollout, const result<rollout_spec>& spec) {
  if (rollout.getOutcome() == "promoted" || rollout.getOutcome() == "rolled_back")
    return "";
  if (rollout.getAsking())
    return if_asking(deployment, rollout, is_last_stage(rollout, spec));
  auto missing = text_of(rollout.getMissing());
  auto waits = missing.empty() ? "" : "doesn't go on yet: " + printable(missing) + "\n";
  if (rollout.getPaused())
    return if_paused(deployment, rollout) + waits;
  return missing.empty() ? "goes on in a moment\n" : waits;
}

// -- tables -----------------------------------------------------------------------------------------------------------------------

std::string failed_text(schema::RolloutStatus::Figures::Reader did) {
  if (did.getFailures() == 0 || did.getRequests() == 0)
    return std::to_string(did.getFailures());
  char share[32];
  std::snprintf(share, sizeof share, " (%.1f %%)",
                100 * static_cast<double>(did.getFailures()) / static_cast<double>(did.getRequests()));
  return std::to_string(did.getFailures()) + share;
}

std::string latency_text(std::uint64_t us) {
  return us == 0 ? "-" : human_duration(std::chrono::microseconds(us));
}

std::string reward_text(schema::RolloutStatus::Figures::Reader did) {
  char mean[64];
  std::snprintf(mean, sizeof mean, "%.3f", did.getRewardMean());
  auto text = did.getRewards() == 0 ? "-" : std::string(mean) + " of " + std::to_string(did.getRewards());
  return text + (did.getIsOut() ? ", out" : "");
}

std::vector<cell> figures_row(const std::string& deployment, std::uint32_t version, schema::RolloutStatus::Figures::Reader did,
                              bool rewards) {
  std::vector<cell> row = {deployment + "@" + std::to_string(version), std::to_string(did.getRequests()), failed_text(did),
                           latency_text(did.getP50Us()), latency_text(did.getP99Us())};
  if (rewards)
    row.push_back(reward_text(did));
  return row;
}

std::string copies_text(status rollout) {
  if (rollout.getCopies() + rollout.getShed() == 0)
    return "";
  auto shed = rollout.getShed() == 0 ? "" : ", " + std::to_string(rollout.getShed()) + " were shed, since it had enough to do";
  return "version " + std::to_string(rollout.getCandidate()) + " got " + std::to_string(rollout.getCopies()) + " copies" + shed
         + "\n";
}

std::string figures_text(const std::string& deployment, status rollout, bool colors) {
  auto candidate = rollout.getCandidateDid();
  auto incumbent = rollout.getIncumbentDid();
  auto others = rollout.getOthers();
  auto count = candidate.getRewards() + incumbent.getRewards();
  for (auto other : others)
    count += other.getDid().getRewards();
  bool rewards = count > 0;
  std::vector<column> columns = {{"VERSION"}, {"REQUESTS", true}, {"FAILED", true}, {"P50", true}, {"P99", true}};
  if (rewards)
    columns.push_back({"REWARD", true});
  table rows(std::move(columns));
  rows.add(figures_row(deployment, rollout.getCandidate(), candidate, rewards));
  for (auto other : others)
    rows.add(figures_row(deployment, other.getVersion(), other.getDid(), rewards));
  rows.add(figures_row(deployment, rollout.getIncumbent(), incumbent, rewards));
  return "since the stage began:\n" + rows.render(colors) + copies_text(rollout);
}

cell verdict_cell(const std::string& judgement) {
  auto tint = judgement == "fine" ? color::green : judgement == "worse" ? color::red : color::yellow;
  return {judgement, tint};
}

std::string checks_text(status rollout, const result<rollout_spec>& spec, bool colors) {
  auto checks = rollout.getChecks();
  if (checks.size() == 0)
    return spec && spec->checks.empty() ? "no checks: rollout.toml names none\n" : "no check has been judged yet\n";
  table rows({{"CHECK"}, {"VERDICT"}, {"WHY"}});
  for (unsigned i = 0; i < checks.size(); ++i) {
    rows.add({text_of(checks[i].getName()), verdict_cell(text_of(checks[i].getJudgement())), text_of(checks[i].getWords())});
  }
  return rows.render(colors);
}

/// Each line ended; what stands in them can't steer a terminal.
std::string printable_lines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    auto end = text.find('\n');
    lines += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string stages_text(status rollout, const result<rollout_spec>& spec, bool colors) {
  if (!spec)
    return "its stages can't be read here; this troupe may be older than the node:\n" + printable_lines(spec.failure().message);
  if (spec->rolling)
    return "replica by replica: at most " + std::to_string(spec->rolling->surge) + " more than wanted at a time, and "
           + std::to_string(spec->rolling->unavailable) + " fewer that serve\n";
  table rows({{""}, {"STAGE", true}, {"STRATEGY"}, {"WEIGHT", true}, {"HOLD", true}, {"SAMPLES", true}, {"THEN"}});
  for (std::size_t i = 0; i < spec->stages.size(); ++i) {
    const auto& stage = spec->stages[i];
    rows.add({i == rollout.getStage() ? ">" : "", std::to_string(i + 1), std::string(to_string(stage.strategy)),
              share_text(stage), human_duration(stage.hold), std::to_string(stage.samples), stage.asks ? "asks a person" : ""});
  }
  return rows.render(colors);
}

} // namespace

std::string rollout_text(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns, bool colors) {
  auto line = rollout_line(deployment, now_unix_ns);
  auto name = printable(text_of(deployment.getName()));
  if (!deployment.hasRollout())
    return line + "`troupe history " + name + "` tells all that happened\n";
  auto rollout = deployment.getRollout();
  auto spec = parse_rollout_toml(text_of(rollout.getRolloutToml()), "rollout.toml");
  return line + next_text(name, rollout, spec) + "\n" + figures_text(name, rollout, colors) + "\n"
         + checks_text(rollout, spec, colors) + "\n" + stages_text(rollout, spec, colors);
}

} // namespace troupe

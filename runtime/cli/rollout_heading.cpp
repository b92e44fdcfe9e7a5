#include "runtime/cli/rollout_heading.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/status_view.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

std::string version_name(std::uint32_t number) {
  return "version " + std::to_string(number);
}

std::string because(const std::string& why) {
  return why.empty() ? "" : ": " + why;
}

std::string age_text(std::int64_t since_unix_ns, std::int64_t now_unix_ns) {
  auto age = std::chrono::nanoseconds(std::max<std::int64_t>(0, now_unix_ns - since_unix_ns));
  return human_duration(std::chrono::floor<std::chrono::seconds>(age));
}

/// "canary 5 %", "shadow, copies of 10 %"
std::string stage_text(const stage_spec& stage) {
  std::string name(to_string(stage.strategy));
  if (stage.copies > 0)
    return name + ", " + share_text(stage);
  return stage.weight > 0 ? name + " " + share_text(stage) : name + ", no requests";
}

/// Nothing of a newer node's rollout, which can't be read here.
std::optional<stage_spec> stage_of(schema::RolloutStatus::Reader rollout, const std::optional<rollout_spec>& spec) {
  return spec && rollout.getStage() < spec->stages.size() ? std::optional(spec->stages[rollout.getStage()]) : std::nullopt;
}

std::string place_text(schema::RolloutStatus::Reader rollout, const std::optional<rollout_spec>& spec) {
  auto text = "stage " + std::to_string(rollout.getStage() + std::uint64_t{1});
  auto stage = stage_of(rollout, spec);
  if (!stage)
    return text + " (" + percent_text(rollout.getWeight()) + " of requests)";
  std::string others;
  if (stage->strategy == rollout_strategy::ab)
    for (auto other : spec->others)
      others += (others.empty() ? ", and as much for " : ", ") + version_name(other);
  return text + " of " + std::to_string(spec->stages.size()) + " (" + stage_text(*stage) + others + ")";
}

/// "34 s of 1m"; once that is over, only how long it has been.
std::string held_text(schema::RolloutStatus::Reader rollout, const std::optional<rollout_spec>& spec) {
  auto held = std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(rollout.getHeldUs()));
  auto stage = stage_of(rollout, spec);
  return human_duration(held) + (stage && held < stage->hold ? " of " + human_duration(stage->hold) : "");
}

std::string under_way_text(schema::RolloutStatus::Reader rollout) {
  auto parsed = parse_rollout_toml(text_of(rollout.getRolloutToml()), "rollout.toml");
  auto spec = parsed ? std::optional(*parsed) : std::nullopt;
  auto text = version_name(rollout.getCandidate()) + " takes over from " + version_name(rollout.getIncumbent()) + ", ";
  auto place = place_text(rollout, spec);
  if (rollout.getAsking())
    return text + (rollout.getPaused() ? "paused, and " : "") + "a person is asked in " + place
           + because(text_of(rollout.getReason()));
  if (rollout.getPaused())
    return text + "paused in " + place + " after " + held_text(rollout, spec);
  return text + place + ", for " + held_text(rollout, spec);
}

std::string rollout_words(schema::RolloutStatus::Reader rollout) {
  auto why = because(text_of(rollout.getReason()));
  if (rollout.getOutcome() == "promoted")
    return version_name(rollout.getCandidate()) + " is promoted and about to be live" + why;
  if (rollout.getOutcome() == "rolled_back")
    return version_name(rollout.getCandidate()) + " is being rolled back to " + version_name(rollout.getIncumbent()) + why;
  return under_way_text(rollout);
}

/// How the newest version is.
std::string end_words(schema::VersionStatus::Reader version, std::int64_t now_unix_ns) {
  auto last = latest_move_of(version);
  auto age = age_text(last.unix_ns, now_unix_ns);
  auto name = version_name(version.getNumber());
  if (last.state == "live")
    return name + " is live, since " + age;
  if (last.state == "rolled_back")
    return name + " was rolled back " + age + " ago" + because(last.why);
  if (last.state == "failed")
    return name + " failed " + age + " ago" + because(last.why);
  if (last.state == "superseded")
    return name + " was superseded " + age + " ago" + because(last.why);
  return name + " is " + last.state + because(last.why);
}

std::string words_without_rollout(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns) {
  if (auto number = version_under_way(deployment); number != 0)
    for (auto version : deployment.getVersions())
      if (version.getNumber() == number)
        return version_name(number) + " is on its way up (" + latest_move_of(version).state
               + "), and has no requests by stages yet";
  if (deployment.getVersions().size() == 0)
    return "no rollout is under way, and there is no version";
  auto newest = deployment.getVersions()[0];
  auto live = deployment.getCurrentVersion();
  auto answers = live == 0 || live == newest.getNumber() ? "" : "; " + version_name(live) + " is live";
  return "no rollout is under way; " + end_words(newest, now_unix_ns) + answers;
}

} // namespace

latest_move latest_move_of(schema::VersionStatus::Reader version) {
  auto reason = text_of(version.getReason());
  auto moves = version.getMoves();
  if (moves.size() == 0) // an older node's
    return {text_of(version.getState()), version.getCreatedUnixNs(), reason};
  auto last = moves[moves.size() - 1];
  auto note = text_of(last.getNote());
  return {text_of(last.getState()), last.getUnixNs(), note.empty() ? reason : note};
}

std::uint32_t version_under_way(schema::DeploymentStatus::Reader deployment) {
  if (deployment.hasRollout())
    return deployment.getRollout().getCandidate();
  for (auto version : deployment.getVersions())
    if (is_rolling(text_of(version.getState())))
      return version.getNumber();
  return 0;
}

std::string percent_text(permille share) {
  return per_cent(share) + " %";
}

std::string share_text(const stage_spec& stage) {
  if (stage.copies > 0)
    return "copies of " + percent_text(stage.copies);
  return stage.weight > 0 ? percent_text(stage.weight) : "none";
}

std::string rollout_line(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns) {
  auto words = deployment.hasRollout() ? rollout_words(deployment.getRollout()) : words_without_rollout(deployment, now_unix_ns);
  return printable(text_of(deployment.getName()) + ": " + words) + "\n";
}

} // namespace troupe

#include "runtime/cli/rollout_watch.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

/// One long poll; the node gives up earlier than we, so that its own word comes first.
constexpr std::chrono::seconds poll_max{10};
constexpr std::chrono::seconds answer_grace{5};
/// Between two looks while nobody can tell.
constexpr std::chrono::milliseconds leader_look{300};

using progress_answer = capnp::Response<schema::Control::ProgressResults>;

std::vector<version_step> steps_after(schema::Control::ProgressResults::Reader answer, std::int64_t seen_unix_ns) {
  auto steps = steps_of(answer.getMoves());
  auto seen = [seen_unix_ns](const version_step& step) { return step.unix_ns <= seen_unix_ns; };
  steps.erase(std::remove_if(steps.begin(), steps.end(), seen), steps.end());
  return steps;
}

progress_answer poll(client& node, const version_id& version, std::uint32_t seen, std::chrono::nanoseconds patience) {
  auto call = node.control().progressRequest();
  call.setName(version.deployment);
  call.setVersion(version.number);
  call.setSeen(seen);
  call.setTimeoutUs(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(patience).count()));
  return node.ask(kj::mv(call), patience + answer_grace);
}

std::string how_to_go_on(const version_id& version) {
  return "it goes on: `troupe status " + version.deployment + "` tells how far it is, `troupe rollback " + version.deployment
         + "` ends it";
}

/// "rolling_out (stage 2 of 4 began: 5% of requests)"
std::string words_of(const version_step& step) {
  return printable(step.state + (step.note.empty() ? "" : " (" + step.note + ")"));
}

command_failure not_in_time(const version_id& version, const std::vector<version_step>& steps, std::chrono::nanoseconds timeout) {
  auto state = steps.empty() ? std::string("on its way up") : words_of(steps.back());
  return {exit_code::timed_out, to_string(version) + " is still " + state + " after " + human_duration(timeout) + "; "
                                    + how_to_go_on(version) + ", `troupe rollout " + version.deployment + " --watch` follows it"};
}

command_failure out_of_reach(const version_id& version, const std::string& why, std::chrono::nanoseconds timeout) {
  return {exit_code::timed_out, "how far " + to_string(version) + " is can't be told after " + human_duration(timeout) + " ("
                                    + printable(why) + "); " + how_to_go_on(version)};
}

/// The step that a version failed in.
std::string last_step(const std::vector<version_step>& steps) {
  auto step = std::find_if(steps.rbegin(), steps.rend(), [](const version_step& s) { return !ends_rollout(s.state); });
  return step == steps.rend() ? "" : printable(step->state);
}

} // namespace

rollout_end follow_rollout(const command_context& context, client& node, const version_id& version,
                           std::chrono::nanoseconds timeout, std::int64_t seen_unix_ns) {
  node.on_interrupt("stopped watching " + to_string(version) + "; " + how_to_go_on(version));
  std::optional<rollout_lines> lines;
  if (context.format == output_format::table)
    lines.emplace(context.io.out, to_string(version));
  auto until = node.timer().now() + timeout.count() * kj::NANOSECONDS;
  for (std::uint32_t seen = 0;;) {
    auto left = std::chrono::nanoseconds((until - node.timer().now()) / kj::NANOSECONDS);
    auto answer = poll(node, version, seen, std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds(0), poll_max));
    // The leader is away; what it was told it knows when it is back.
    if (answer.getError().getCode() == schema::Code::UNAVAILABLE) {
      if (node.timer().now() >= until)
        throw out_of_reach(version, text_of(answer.getError().getMessage()), timeout);
      node.pause(leader_look);
      continue;
    }
    require_ok(answer.getError());
    auto steps = steps_after(answer, seen_unix_ns);
    seen = answer.getMoves().size();
    if (lines)
      lines->show(steps);
    if (answer.getEnded())
      return {std::move(steps), text_of(answer.getState()), printable(text_of(answer.getReason()))};
    if (node.timer().now() >= until)
      throw not_in_time(version, steps, timeout);
  }
}

std::vector<version_step> steps_of(capnp::List<schema::Move>::Reader moves) {
  std::vector<version_step> steps;
  for (auto move : moves)
    steps.push_back({text_of(move.getState()), move.getUnixNs(), text_of(move.getNote())});
  return steps;
}

void require_live(const version_id& version, const rollout_end& end) {
  auto was_live = [](const version_step& step) { return step.state == "live"; };
  bool superseded = end.state == "superseded" && std::any_of(end.steps.begin(), end.steps.end(), was_live);
  if (end.state == "live" || superseded)
    return;
  auto step = last_step(end.steps);
  auto reason = end.reason.empty() ? "the node gave no reason" : end.reason;
  if (end.state == "rolled_back")
    throw command_failure(exit_code::failed, to_string(version) + " was rolled back: " + reason);
  if (end.state != "failed")
    throw command_failure(exit_code::failed, to_string(version) + " did not become live: " + reason);
  throw command_failure(exit_code::failed,
                        to_string(version) + " failed" + (step.empty() ? "" : " while " + step) + ": " + reason);
}

nlohmann::ordered_json rollout_json(const rollout_end& end) {
  auto steps = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < end.steps.size(); ++i)
    steps.push_back({{"state", end.steps[i].state},
                     {"unix_ns", end.steps[i].unix_ns},
                     {"note", end.steps[i].note},
                     {"took_us", time_in(end.steps, i).count() / 1000}});
  return {
      {"state", end.state}, {"reason", end.reason}, {"steps", std::move(steps)}, {"took_us", time_of(end.steps).count() / 1000}};
}

} // namespace troupe

#include "runtime/cli/versions_view.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t digest_digits = 12;

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

std::string span(std::int64_t from_unix_ns, std::int64_t to_unix_ns) {
  return human_duration(std::chrono::nanoseconds(std::max<std::int64_t>(0, to_unix_ns - from_unix_ns)));
}

/// "since 10m" while it is live, else "for 2h" of the last time that it was.
std::string live_text(schema::VersionStatus::Reader version, std::int64_t now_unix_ns) {
  std::string text = "-";
  auto moves = version.getMoves();
  for (unsigned i = 0; i < moves.size(); ++i)
    if (moves[i].getState() == "live")
      text = i + 1 == moves.size() ? "since " + span(moves[i].getUnixNs(), now_unix_ns)
                                   : "for " + span(moves[i].getUnixNs(), moves[i + 1].getUnixNs());
  return text;
}

std::string created_text(std::int64_t unix_ns) {
  return unix_ns == 0 ? "-" : time_text(unix_ns).substr(0, sizeof "2026-11-23 02:39:50" - 1);
}

} // namespace

std::string versions_text(schema::DeploymentStatus::Reader deployment, std::int64_t now_unix_ns, bool colors) {
  table rows({{"VERSION"}, {"STATE"}, {"ARTIFACT"}, {"CREATED"}, {"BY"}, {"LIVE"}, {"RESIDENT"}, {"REASON"}});
  for (auto version : deployment.getVersions())
    rows.add({text_of(deployment.getName()) + "@" + std::to_string(version.getNumber()), state_cell(text_of(version.getState())),
              or_dash(text_of(version.getArtifact()).substr(0, digest_digits)), created_text(version.getCreatedUnixNs()),
              or_dash(text_of(version.getCreatedBy())), live_text(version, now_unix_ns), version.getResident() ? "yes" : "-",
              text_of(version.getReason())});
  return rows.render(colors);
}

} // namespace troupe

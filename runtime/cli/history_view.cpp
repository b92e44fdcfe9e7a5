#include "runtime/cli/history_view.hpp"

#include "runtime/cli/human_text.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

namespace troupe {

namespace {

struct history_line {
  std::int64_t unix_ns = 0;
  std::uint32_t version = 0;
  std::string state;
  std::string by;
  std::string note;
  unsigned index = 0; ///< of the version's moves
};

history_line line_of(schema::VersionStatus::Reader version, unsigned index) {
  auto moves = version.getMoves();
  auto move = moves[index];
  history_line line{move.getUnixNs(),      version.getNumber(),     text_of(move.getState()),
                    text_of(move.getBy()), text_of(move.getNote()), index};
  if (line.by.empty() && line.state == "validating")
    line.by = text_of(version.getCreatedBy());
  if (line.note.empty() && index + 1 == moves.size()) // an older node's
    line.note = text_of(version.getReason());
  return line;
}

std::vector<history_line> lines_of(schema::DeploymentStatus::Reader deployment) {
  std::vector<history_line> lines;
  for (auto version : deployment.getVersions())
    for (unsigned i = 0; i < version.getMoves().size(); ++i)
      lines.push_back(line_of(version, i));
  // A version is superseded in the moment in which another is live: that of the higher one is told last.
  std::sort(lines.begin(), lines.end(), [](const history_line& a, const history_line& b) {
    return std::tie(a.unix_ns, a.version, a.index) < std::tie(b.unix_ns, b.version, b.index);
  });
  return lines;
}

} // namespace

std::string history_text(schema::DeploymentStatus::Reader deployment, bool colors) {
  table rows({{"WHEN"}, {"VERSION"}, {"WHAT"}, {"WHO"}, {"WHY"}});
  auto name = text_of(deployment.getName());
  for (const auto& line : lines_of(deployment))
    rows.add({time_text(line.unix_ns).substr(0, sizeof "2026-11-23 02:39:50" - 1), name + "@" + std::to_string(line.version),
              state_cell(line.state), line.by.empty() ? "-" : line.by, line.note});
  return rows.render(colors);
}

nlohmann::ordered_json history_json(schema::DeploymentStatus::Reader deployment) {
  auto moves = nlohmann::ordered_json::array();
  for (const auto& line : lines_of(deployment))
    moves.push_back(
        {{"unix_ns", line.unix_ns}, {"version", line.version}, {"state", line.state}, {"by", line.by}, {"note", line.note}});
  return {{"deployment", text_of(deployment.getName())}, {"moves", std::move(moves)}};
}

} // namespace troupe

#include "runtime/cli/status_view.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/nodes_view.hpp"
#include "runtime/cli/rollout_lines.hpp"
#include "runtime/cli/rollout_status_json.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

json replica_json(schema::ReplicaStatus::Reader replica) {
  return {{"number", replica.getNumber()},     {"state", text_of(replica.getState())},
          {"pid", replica.getPid()},           {"since_unix_ns", replica.getSinceUnixNs()},
          {"restarts", replica.getRestarts()}, {"node", text_of(replica.getNode())}};
}

json version_json(schema::VersionStatus::Reader version) {
  auto replicas = json::array();
  for (auto replica : version.getReplicas())
    replicas.push_back(replica_json(replica));
  auto moves = json::array();
  for (auto move : version.getMoves())
    moves.push_back(move_json(move));
  return {{"number", version.getNumber()},
          {"state", text_of(version.getState())},
          {"reason", text_of(version.getReason())},
          {"artifact", text_of(version.getArtifact())},
          {"golden", text_of(version.getGolden())},
          {"model_toml_sha256", text_of(version.getModelTomlSha256())},
          {"created_unix_ns", version.getCreatedUnixNs()},
          {"created_by", text_of(version.getCreatedBy())},
          {"moves", std::move(moves)},
          {"resident", version.getResident()},
          {"unplaced", text_of(version.getUnplaced())},
          {"queued_rows", version.getQueuedRows()},
          {"requests", version.getRequests()},
          {"failures", version.getFailures()},
          {"batches", version.getBatches()},
          {"replicas", std::move(replicas)}};
}

std::string age_text(std::int64_t since_unix_ns, std::int64_t now_unix_ns) {
  return human_duration(std::chrono::nanoseconds(std::max<std::int64_t>(0, now_unix_ns - since_unix_ns)));
}

std::string node_line(schema::NodeStatus::Reader node) {
  return printable("node " + text_of(node.getName()) + ", troupe " + text_of(node.getVersion()) + ", pid "
                   + std::to_string(node.getPid()) + ", up " + human_duration(std::chrono::microseconds(node.getUptimeUs()))
                   + ", " + human_size(node.getResidentBytes()) + (node.getDraining() ? ", shutting down" : ""))
         + "\n";
}

/// Nothing for a node that is in no cluster.
std::string leader_text(schema::NodeStatus::Reader node) {
  auto trouble = trouble_line(text_of(node.getTrouble()));
  if (node.getLeaderAway())
    return away_text(node) + trouble;
  if (node.getLeads() || node.getEpoch() == 0)
    return trouble;
  return trouble
         + printable("leader " + text_of(node.getLeaderName()) + ", heard of "
                     + human_duration(std::chrono::microseconds(node.getStateAgeUs())) + " ago")
         + "\n";
}

/// Whether replicas run on other nodes than the one that tells.
bool runs_elsewhere(schema::Control::StatusResults::Reader status) {
  auto asked = status.getNode().getName();
  for (auto deployment : status.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        if (replica.getNode().size() > 0 && replica.getNode() != asked)
          return true;
  return false;
}

/// "2/3": ready of wanted. Only the versions that should run have a number wanted.
std::string replicas_text(schema::DeploymentStatus::Reader deployment, schema::VersionStatus::Reader version) {
  int ready = 0;
  for (auto replica : version.getReplicas())
    ready += replica.getState() == "ready" ? 1 : 0;
  auto state = text_of(version.getState());
  if (state != "live" && !is_rolling(state))
    return std::to_string(ready);
  return std::to_string(ready) + "/" + std::to_string(deployment.getWantedReplicas());
}

void add_version(table& rows, schema::DeploymentStatus::Reader deployment, schema::VersionStatus::Reader version,
                 std::int64_t now) {
  // Counters live with the pool: a version that has none on this node has nothing to count.
  bool counted = version.getReplicas().size() > 0 || version.getRequests() + version.getFailures() > 0;
  auto count = [counted](std::uint64_t value) { return counted ? std::to_string(value) : std::string("-"); };
  rows.add({text_of(deployment.getName()) + "@" + std::to_string(version.getNumber()), state_cell(text_of(version.getState())),
            replicas_text(deployment, version), count(version.getQueuedRows()), count(version.getRequests()),
            count(version.getFailures()), count(version.getBatches()), age_text(version.getCreatedUnixNs(), now),
            version.getUnplaced().size() > 0 ? text_of(version.getUnplaced()) : text_of(version.getReason())});
}

/// What answers, what is newer than that, and what is on its way up.
bool matters(schema::DeploymentStatus::Reader deployment, schema::VersionStatus::Reader version) {
  return version.getNumber() >= deployment.getCurrentVersion() || is_rolling(text_of(version.getState()));
}

std::string versions_text(schema::Control::StatusResults::Reader status, bool in_full, std::int64_t now, bool colors) {
  table rows({{"VERSION"},
              {"STATE"},
              {"READY", true},
              {"QUEUED", true},
              {"REQUESTS", true},
              {"FAILURES", true},
              {"BATCHES", true},
              {"AGE", true},
              {"REASON"}});
  for (auto deployment : status.getDeployments())
    for (auto version : deployment.getVersions())
      if (in_full || matters(deployment, version))
        add_version(rows, deployment, version, now);
  return rows.render(colors);
}

std::vector<cell> replica_row(schema::DeploymentStatus::Reader deployment, schema::VersionStatus::Reader version,
                              schema::ReplicaStatus::Reader replica, std::int64_t now, bool with_nodes) {
  std::vector<cell> row = {
      std::to_string(replica.getNumber()),     text_of(deployment.getName()) + "@" + std::to_string(version.getNumber()),
      state_cell(text_of(replica.getState())), std::to_string(replica.getPid()),
      age_text(replica.getSinceUnixNs(), now), std::to_string(replica.getRestarts())};
  if (with_nodes)
    row.insert(row.begin() + 2, text_of(replica.getNode()));
  return row;
}

std::string replicas_table(schema::Control::StatusResults::Reader status, std::int64_t now, bool colors) {
  std::vector<column> columns = {{"REPLICA"}, {"VERSION"}, {"STATE"}, {"PID", true}, {"SINCE", true}, {"RESTARTS", true}};
  bool with_nodes = runs_elsewhere(status);
  if (with_nodes)
    columns.insert(columns.begin() + 2, {"NODE"});
  table rows(std::move(columns));
  for (auto deployment : status.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        rows.add(replica_row(deployment, version, replica, now, with_nodes));
  return rows.render(colors);
}

} // namespace

bool is_rolling(const std::string& state) {
  return state != "draining" && !ends_rollout(state);
}

json deployment_json(schema::DeploymentStatus::Reader deployment) {
  auto versions = json::array();
  for (auto version : deployment.getVersions())
    versions.push_back(version_json(version));
  return {{"name", text_of(deployment.getName())},
          {"current_version", deployment.getCurrentVersion()},
          {"wanted_replicas", deployment.getWantedReplicas()},
          {"rollout", rollout_status_json(deployment)},
          {"versions", std::move(versions)}};
}

json versions_json(schema::DeploymentStatus::Reader deployment, schema::NodeStatus::Reader seen_by) {
  auto told = deployment_json(deployment);
  told["leader_away"] = seen_by.getLeaderAway();
  told["state_age_us"] = seen_by.getStateAgeUs();
  return told;
}

std::string away_text(schema::NodeStatus::Reader node) {
  return node.getLeaderAway() ? leader_away_line(text_of(node.getLeaderName()), node.getStateAgeUs(), node.getStateKept()) : "";
}

json status_json(schema::Control::StatusResults::Reader status) {
  auto node = status.getNode();
  auto deployments = json::array();
  for (auto deployment : status.getDeployments())
    deployments.push_back(deployment_json(deployment));
  return {{"node",
           {{"name", text_of(node.getName())},
            {"version", text_of(node.getVersion())},
            {"uptime_us", node.getUptimeUs()},
            {"pid", node.getPid()},
            {"resident_bytes", node.getResidentBytes()},
            {"draining", node.getDraining()},
            {"id", text_of(node.getNodeId())},
            {"leads", node.getLeads()},
            {"leader", text_of(node.getLeaderName())},
            {"epoch", node.getEpoch()},
            {"leader_away", node.getLeaderAway()},
            {"state_age_us", node.getStateAgeUs()},
            {"state_kept", node.getStateKept()},
            {"trouble", text_of(node.getTrouble())}}},
          {"deployments", std::move(deployments)}};
}

std::string status_text(schema::Control::StatusResults::Reader status, bool in_full, std::int64_t now_unix_ns, bool colors) {
  auto text = node_line(status.getNode()) + leader_text(status.getNode());
  if (status.getDeployments().size() == 0)
    return text + "nothing is deployed; `troupe deploy NAME FOLDER` deploys a model\n";
  text += "\n" + versions_text(status, in_full, now_unix_ns, colors);
  return in_full ? text + "\n" + replicas_table(status, now_unix_ns, colors) : text;
}

} // namespace troupe

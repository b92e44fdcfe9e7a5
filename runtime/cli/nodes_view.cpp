#include "runtime/cli/nodes_view.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

json labels_json(capnp::List<schema::ClusterNode::Label>::Reader labels) {
  auto all = json::object();
  for (auto label : labels)
    all[text_of(label.getKey())] = text_of(label.getValue());
  return all;
}

json node_json(schema::ClusterNode::Reader node) {
  return {{"id", text_of(node.getId())},
          {"name", text_of(node.getName())},
          {"address", text_of(node.getAddress())},
          {"state", text_of(node.getState())},
          {"since_unix_ns", node.getSinceUnixNs()},
          {"version", text_of(node.getVersion())},
          {"labels", labels_json(node.getLabels())},
          {"leads", node.getLeads()},
          {"asked", node.getIsSelf()},
          {"cpu_share", node.getCpuShare()},
          {"cores", node.getCores()},
          {"memory_bytes", node.getMemoryBytes()},
          {"memory_free_bytes", node.getMemoryFreeBytes()},
          {"replicas", node.getReplicas()},
          {"round_trip_us", node.getRoundTripUs()}};
}

std::string labels_of(schema::ClusterNode::Reader node) {
  std::string all;
  for (auto label : node.getLabels())
    all += (all.empty() ? "" : ",") + text_of(label.getKey()) + "=" + text_of(label.getValue());
  return all.empty() ? "-" : all;
}

std::string mark_of(schema::ClusterNode::Reader node) {
  if (node.getLeads())
    return node.getIsSelf() ? "leader, asked" : "leader";
  return node.getIsSelf() ? "asked" : "";
}

std::string load_of(schema::ClusterNode::Reader node) {
  if (node.getCores() == 0)
    return "-";
  return std::to_string(std::lround(node.getCpuShare() * 100)) + "% of " + std::to_string(node.getCores());
}

std::string version_of(schema::ClusterNode::Reader node) {
  return node.getVersion().size() == 0 ? "-" : text_of(node.getVersion());
}

std::string round_trip_of(schema::ClusterNode::Reader node) {
  return node.getRoundTripUs() == 0 ? "-" : human_duration(std::chrono::microseconds(node.getRoundTripUs()));
}

std::string leader_line(schema::Lead::Reader lead) {
  auto name = text_of(lead.getLeaderName());
  if (lead.getAway())
    return leader_away_line(name, lead.getStateAgeUs(), lead.getUnheard());
  return printable("leader " + name + ", epoch " + std::to_string(lead.getEpoch())) + "\n";
}

} // namespace

std::string leader_away_line(const std::string& leader_name, std::uint64_t state_age_us, bool unheard) {
  auto age = human_duration(std::chrono::microseconds(state_age_us)) + " ago: the leader ";
  return printable((unheard ? "as this node knew it when it started, " : "as of ") + age + leader_name
                   + " is away; requests are served, but nothing can be changed until it is back")
         + "\n";
}

std::string trouble_line(const std::string& trouble) {
  return trouble.empty() ? "" : printable("warning: " + trouble) + "\n";
}

json nodes_json(schema::Control::NodesResults::Reader nodes) {
  auto list = json::array();
  for (auto node : nodes.getNodes())
    list.push_back(node_json(node));
  auto lead = nodes.getLead();
  return {{"leader", text_of(lead.getLeaderName())},
          {"leader_id", text_of(lead.getLeaderId())},
          {"epoch", lead.getEpoch()},
          {"leader_away", lead.getAway()},
          {"state_age_us", lead.getStateAgeUs()},
          {"unheard", lead.getUnheard()},
          {"trouble", text_of(lead.getTrouble())},
          {"nodes", std::move(list)}};
}

std::string nodes_text(schema::Control::NodesResults::Reader nodes, std::int64_t now_unix_ns, bool colors) {
  auto all = nodes.getNodes();
  bool any_labels = false;
  for (auto node : all)
    any_labels = any_labels || node.getLabels().size() > 0;
  std::vector<column> columns = {{"NODE"},           {"ADDRESS"},          {"STATE"},
                                 {"SINCE", true},    {"VERSION"},          {"LOAD", true},
                                 {"REPLICAS", true}, {"ROUND TRIP", true}, {"ROLE"}};
  if (any_labels)
    columns.push_back({"LABELS"});
  table rows(std::move(columns));
  for (auto node : all) {
    auto age = std::chrono::nanoseconds(std::max<std::int64_t>(0, now_unix_ns - node.getSinceUnixNs()));
    std::vector<cell> cells = {text_of(node.getName()),
                               text_of(node.getAddress()),
                               state_cell(text_of(node.getState())),
                               human_duration(age),
                               version_of(node),
                               load_of(node),
                               std::to_string(node.getReplicas()),
                               round_trip_of(node),
                               mark_of(node)};
    if (any_labels)
      cells.emplace_back(labels_of(node));
    rows.add(std::move(cells));
  }
  return leader_line(nodes.getLead()) + trouble_line(text_of(nodes.getLead().getTrouble())) + "\n" + rows.render(colors);
}

} // namespace troupe

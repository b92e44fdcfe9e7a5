#include "runtime/gateway/cluster_metrics.hpp"

#include <algorithm>
#include <map>

namespace troupe {

namespace {

prometheus::MetricFamily nodes(const node_list& from) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto* state : {"alive", "suspect", "dead", "draining", "left"}) // all, so that an alert has something to look at
    counts[state] = 0;
  for (const auto& node : from.nodes)
    ++counts[node.state];
  auto family = gauge_family("troupe_cluster_nodes", "Nodes of the cluster by state, as this node sees them");
  for (const auto& [state, count] : counts)
    add_value(family, {{"state", state}}, count);
  return family;
}

prometheus::MetricFamily flag(const char* name, const char* help, bool holds) {
  auto family = gauge_family(name, help);
  add_flag(family, {}, holds);
  return family;
}

} // namespace

metric_families cluster_metrics(const std::optional<node_list>& from) {
  if (!from)
    return {};
  bool leads =
      std::any_of(from->nodes.begin(), from->nodes.end(), [](const node_info& node) { return node.is_self && node.leads; });
  auto epoch = gauge_family("troupe_cluster_epoch", "Grows with each leader");
  add_value(epoch, {}, from->lead.epoch);
  return {
      nodes(*from), std::move(epoch), flag("troupe_cluster_leader", "1 on the node that leads", leads),
      flag("troupe_cluster_leader_away", "1 while this node doesn't reach the leader: nothing can be changed", from->leader_away),
      flag("troupe_cluster_trouble", "1 while a person should mend something; `troupe nodes` says what", !from->trouble.empty())};
}

} // namespace troupe

#include "runtime/gateway/node_metrics.hpp"

namespace troupe {

namespace {

prometheus::MetricFamily one(prometheus::MetricFamily family, double value) {
  add_value(family, {}, value);
  return family;
}

prometheus::MetricFamily clients(const node_figures& from) {
  auto family = gauge_family("troupe_connections", "Connections that are open, by door");
  add_value(family, {{"door", "http"}}, std::uint64_t{from.http_clients});
  add_value(family, {{"door", "rpc"}}, std::uint64_t{from.rpc_clients});
  return family;
}

prometheus::MetricFamily build_info(const node_figures& from) {
  auto family = gauge_family("troupe_build_info", "1; the labels tell what runs");
  add_value(family, {{"version", from.software_version}, {"node", from.name}}, 1.0);
  return family;
}

prometheus::MetricFamily loop_lags(const node_figures& from) {
  auto family =
      histogram_family("troupe_loop_lag_seconds", "How late a gateway's loop does what it is asked; it is asked twice a second");
  for (std::size_t i = 0; i < from.loop_lags.size(); ++i)
    add_durations(family, {{"loop", std::to_string(i)}}, from.loop_lags[i]);
  return family;
}

} // namespace

metric_families node_metrics(const node_figures& from) {
  metric_families families;
  families.push_back(build_info(from));
  families.push_back(one(gauge_family("troupe_node_ready", "1 while the node takes new requests"), from.draining ? 0 : 1));
  families.push_back(
      one(gauge_family("troupe_node_draining", "1 once the node finishes what it has before it stops"), from.draining ? 1 : 0));
  families.push_back(one(gauge_family("troupe_node_uptime_seconds", "Since the node's start"),
                         std::chrono::duration<double>(from.uptime).count()));
  families.push_back(one(gauge_family("troupe_node_resident_bytes", "Memory of the node's own process"),
                         static_cast<double>(from.resident_bytes)));
  if (from.cpu)
    families.push_back(one(counter_family("troupe_node_cpu_seconds_total", "Processor time of the node's own process"),
                           std::chrono::duration<double>(*from.cpu).count()));
  families.push_back(clients(from));
  families.push_back(loop_lags(from));
  return families;
}

} // namespace troupe

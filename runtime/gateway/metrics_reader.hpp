#pragma once

#include "runtime/gateway/client_count.hpp"
#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/loop_lag.hpp"
#include "runtime/gateway/metrics_view.hpp"
#include "runtime/serving/routing_table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What is measured. All of it must outlive the reader.
struct metrics_sources {
  const routing_cell& routes;
  const control_backend& node;
  const client_count& clients;
  const rollout_tally& rollouts;
  std::vector<kj_loop*> loops; ///< the gateway's
};

/// Reads a node's metrics and writes their page, on a thread of its own: no loop that serves requests waits for /proc or for text.
class metrics_reader {
public:
  explicit metrics_reader(metrics_sources from);

  /// The page, with what the actors told of deployments and of the cluster. On the thread of any loop but its own.
  kj::Promise<std::string> page(deployment_list deployments, std::optional<node_list> cluster);

private:
  /// Asks all loops how late they are, again and again.
  void watch_loops();
  std::string write(deployment_list deployments, std::optional<node_list> cluster);
  std::vector<version_figures> read_versions() const;
  std::vector<split_figures> read_splits() const;
  std::vector<host_figures> read_hosts(const deployment_list& deployments);
  node_figures read_node();

  metrics_sources from_;
  processor_meter processors_;
  memory_meter memory_;
  std::vector<loop_lag> lags_;
  kj_loop worker_; // last: its thread uses all of the above
};

} // namespace troupe

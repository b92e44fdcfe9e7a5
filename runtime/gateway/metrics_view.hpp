#pragma once

#include "actors/cluster_messages.hpp"
#include "actors/messages.hpp"
#include "runtime/gateway/process_usage.hpp"
#include "runtime/gateway/rollout_tally.hpp"
#include "runtime/serving/pool.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A version's figures, read once for the whole page.
struct version_figures {
  version_id id;
  pool::counters counters;
  pool_statistics statistics;
  std::uint32_t queue_rows_max = 0;
  bool caches = false;
};

/// A replica's host; without what can't be read of it, as of one that has just gone.
struct host_figures {
  version_id id;
  std::uint64_t replica = 0;
  std::uint32_t restarts = 0;
  std::optional<std::chrono::nanoseconds> cpu;
  std::optional<std::uint64_t> memory_bytes;
};

/// The node itself and the machine that it runs on.
struct node_figures {
  std::string software_version;
  std::string name;
  bool draining = false;
  std::chrono::nanoseconds uptime{0};
  std::uint32_t rpc_clients = 0;
  std::uint32_t http_clients = 0;
  std::optional<std::chrono::nanoseconds> cpu;
  std::uint64_t resident_bytes = 0;
  std::vector<duration_counts> loop_lags; ///< of each gateway loop
  double machine_cpu_share = 0;           ///< 0 to 1, of all cores together
  machine_memory memory;
};

/// How this node divides a deployment's requests.
struct split_figures {
  version_id candidate;
  split_rule rule;
  bool blown = false;               ///< its fuse: the candidate gets nothing any more
  std::vector<version_id> others{}; ///< that an A/B test has, each with the candidate's weight
};

/// What a metrics page is written of.
struct metrics_view {
  std::vector<version_figures> versions; ///< those that have a pool
  deployment_list deployments;
  std::optional<node_list> cluster{}; ///< nothing: it is in none, or doesn't tell just now
  std::vector<host_figures> hosts;
  std::vector<split_figures> splits;
  std::map<std::string, rollout_count> ended_rollouts; ///< by deployment
  node_figures node;
};

} // namespace troupe

#pragma once

#include "cluster/placement.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// Short ways to say what a cluster has and wants, and what a plan says.
namespace troupe {

constexpr std::uint64_t gib = 1ULL << 30;

using label_map = std::map<std::string, std::string>;

/// With 8 cores.
inline placement_node a_node(const std::string& id, double memory_gib, label_map labels = {},
                             placement_use use = placement_use::usable) {
  placement_node made;
  made.id = id;
  made.cores = 8;
  made.memory_bytes = static_cast<std::uint64_t>(memory_gib * gib);
  made.labels = std::move(labels);
  made.use = use;
  return made;
}

inline placement_node in_zone(const std::string& id, const std::string& zone) {
  return a_node(id, 16, {{"zone", zone}});
}

/// Version 1, one thread a replica.
inline placement_demand a_demand(const std::string& deployment, std::uint32_t replicas, double replica_gib, double shared_gib = 0,
                                 label_map constraints = {}) {
  placement_demand made;
  made.version = {deployment, 1};
  made.replicas = replicas;
  made.replica_bytes = static_cast<std::uint64_t>(replica_gib * gib);
  made.shared_bytes = static_cast<std::uint64_t>(shared_gib * gib);
  made.constraints = std::move(constraints);
  return made;
}

inline placed_replicas runs(const std::string& deployment, const std::string& node, std::uint32_t replicas) {
  return {{deployment, 1}, node, replicas};
}

/// "a n1=2 n2=1; b n1=1"
inline std::string text(const std::vector<placed_replicas>& target) {
  std::string all;
  const placed_replicas* last = nullptr;
  for (const auto& each : target) {
    if (last == nullptr || !(last->version == each.version))
      all += (last == nullptr ? "" : "; ") + each.version.deployment;
    all += " " + each.node + "=" + std::to_string(each.replicas);
    last = &each;
  }
  return all;
}

/// "a 1 n1>n2 lost; a 2 >n3 wanted"
inline std::string text(const std::vector<placement_move>& moves) {
  std::string all;
  for (const auto& each : moves)
    all += (all.empty() ? "" : "; ") + each.version.deployment + " " + std::to_string(each.replicas) + " " + each.from + ">"
           + each.to + " " + to_string(each.why);
  return all;
}

/// Of all shortfalls, a line each.
inline std::string advice(const placement_plan& plan) {
  std::string all;
  for (const auto& each : plan.shortfalls)
    all += (all.empty() ? "" : "\n") + each.advice;
  return all;
}

} // namespace troupe

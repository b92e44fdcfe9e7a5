#pragma once

#include <array>
#include <string_view>

namespace troupe {

/// What an expression of a check may speak of: one version's, on all nodes, since the stage began; with copies, if it gets any. From queue_ms to cache_misses pools
/// count, since the leader watches the stage: an expression that speaks of these has `requests` from pools, too, so that both are of the same time.
inline constexpr std::array<std::string_view, 18> check_metrics = {
    "requests",          ///< answered, or failed in a way that speaks against the version
    "failures",          ///< of these
    "error_rate",        ///< failures / requests
    "overloaded",        ///< failed with that error, as the next three
    "deadline_exceeded", //
    "unavailable",       //
    "model_failed",      //
    "latency_p50_ms",    ///< of answered requests; without copies, as the next two
    "latency_p95_ms",    //
    "latency_p99_ms",    //
    "queue_ms",          ///< an answered request waited so long on average
    "compute_ms",        ///< and was computed for so long
    "rows",              ///< answered
    "batches",           ///< calls of the model
    "cache_hits",        //
    "cache_misses",      //
    "replicas",          ///< that serve now
    "memory_mib",        ///< of a replica, on average, now
};

inline constexpr std::array<std::string_view, 6> work_metrics = {"queue_ms", "compute_ms", "rows",
                                                                 "batches",  "cache_hits", "cache_misses"};

/// In a bound: the incumbent's value.
inline constexpr std::string_view incumbents_value = "incumbent";

} // namespace troupe

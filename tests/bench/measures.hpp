#pragma once

#include "tests/bench/lab.hpp"
#include "tests/bench/report.hpp"

namespace troupe::bench {

using findings = std::vector<finding>;

// Each starts its own node and its floors, and throws std::runtime_error where something can't be measured.

findings measure_lone(lab& room);     ///< no-op, 1 caller: p50
findings measure_flight(lab& room);   ///< no-op, 64 in flight: requests a second, the node's CPU time a request
findings measure_mlp(lab& room);      ///< one row a request, 64 in flight: requests a second
findings measure_large(lab& room);    ///< 600 KB in, 4 KB out: p50
findings measure_resnet(lab& room);   ///< 8 in flight: rows a second, against a bare libtorch loop
findings measure_recovery(lab& room); ///< kill -9 of a host under load
findings measure_sharing(lab& room);  ///< memory of 4 replicas against 1's
findings measure_idle(lab& room);     ///< a node that has nothing to do, and how it starts
findings measure_many(lab& room);     ///< 100 deployments of one tiny model
findings measure_deploy(lab& room);   ///< from the command to the first answer, and back to the version before
findings measure_backup(lab& room);   ///< of 1 GB of models, under load
findings measure_restart(lab& room);  ///< of a node with 100 deployments

// Two nodes of a cluster; one has the replica, the other one is asked.

findings measure_forward_lone(lab& room);   ///< no-op, 1 caller: p50, against the node that has it
findings measure_forward_flight(lab& room); ///< no-op, 64 in flight: requests a second, CPU time a request of both nodes
findings measure_forward_large(lab& room);  ///< 600 KB in, 4 KB out: p50, against a bare Cap'n Proto call over TLS
findings measure_join(lab& room);           ///< from the start of a node that joins until it serves

/// A plan for a large cluster; starts nothing.
findings measure_placement(lab& room);

/// How often rollouts that are simulated go back wrongly or are missed, and what evidence costs; starts nothing.
findings measure_evidence(lab& room);

// Rollouts by stages.

findings measure_rollout_switch(lab& room); ///< how long the wrong version answers after a rollback, on three nodes
findings measure_rollout_fuse(lab& room);   ///< what a candidate that fails everything costs
findings measure_rollout_shadow(lab& room); ///< a saturated pool beside a shadow of all its requests

// Over HTTP, in the Open Inference Protocol.

findings measure_http_lone(lab& room);     ///< no-op, 1 connection: p50
findings measure_http_flight(lab& room);   ///< no-op, 64 connections: requests a second, the node's CPU time a request
findings measure_http_mlp(lab& room);      ///< one row a request, 64 connections: requests a second, binary and in JSON
findings measure_http_overload(lab& room); ///< twice the capacity, with deadlines: what is answered, and how late
findings measure_http_cache(lab& room);    ///< an answer that was kept: p50
findings measure_http_loops(lab& room);    ///< two gateway loops against one

/// Where the time of one request goes, alone and among 64: a table of its own.
std::string trace_hops(lab& room);

} // namespace troupe::bench

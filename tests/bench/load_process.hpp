#pragma once

#include "runtime/cli/load.hpp"
#include "runtime/cli/oip_http.hpp"
#include "tests/bench/in_child.hpp"
#include "tests/bench/lab.hpp"

#include <cstdint>
#include <optional>

namespace troupe::bench {

/// Load from a process of its own, by the engine of `troupe bench`.
struct load_plan {
  std::string address; ///< of the door for `http`, or of the one for RPC
  std::string deployment;
  named_tensor input;
  std::uint32_t concurrency = 1; ///< RPC: calls in flight on one connection; HTTP: connections
  std::chrono::nanoseconds span{0};
  pid_t server = 0; ///< whose CPU time is of interest; 0: nobody's
  pid_t host = 0;   ///< likewise

  std::optional<tensor_form> http{};     ///< how tensors travel over HTTP; nothing: RPC
  std::optional<load_rate> rate{};       ///< an open loop, of at most `concurrency` connections; nothing: a closed one
  std::chrono::microseconds deadline{0}; ///< 0: the node's
};

/// The times a request: all CPU time of that process over the load, divided by the answers.
struct load_figures {
  double requests_per_second = 0; ///< answered with outputs
  double p50_us = 0;
  double p99_us = 0;
  double server_cpu_us = 0;
  double host_cpu_us = 0;
  double client_cpu_us = 0;
  std::uint64_t answered = 0; ///< with outputs
  std::uint64_t failed = 0;   ///< with an error
};

/// Starts the load (a short one first, which warms and does not count) and returns at once.
in_child<load_figures> start_load(const load_plan& plan);
/// Runs it to its end.
load_figures measure_load(const load_plan& plan);

/// An HTTP answer's size.
struct answer_size {
  std::uint64_t bytes = 0;      ///< of its body
  std::uint64_t json_bytes = 0; ///< by its header; 0: it has none
};
/// Of what the plan's server answers over HTTP.
answer_size size_of_answer(const load_plan& plan);

/// Samples of two loads taken by turns, so that what else happens on the machine hits both.
struct paired_figures {
  std::vector<load_figures> floor;
  std::vector<load_figures> ours;
};
paired_figures alternate(const load_plan& floor, const load_plan& ours, int rounds);

} // namespace troupe::bench

#pragma once

#include "tests/bench/lab.hpp"

namespace troupe::bench {

struct channel_figures {
  double requests_per_second = 0;
  double p50_us = 0;
  double node_cpu_us = 0; ///< a request, of the process that plays the node
};

/// A pool, its channel and a real host with no gateway before them, in a process of its own: requests of one row, `concurrency` in
/// flight.
channel_figures run_bare_channel(lab& room, const std::string& model, const named_tensor& input, std::uint32_t concurrency);

} // namespace troupe::bench

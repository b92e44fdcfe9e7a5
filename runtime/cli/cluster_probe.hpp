#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <string>

namespace troupe {

/// What a cluster port tells whoever asks.
struct cluster_port_facts {
  std::string address;
  bool answers = false;                    ///< a node is there
  std::string trouble{};                   ///< why its certificate doesn't hold; "": it does
  std::chrono::nanoseconds clock_ahead{0}; ///< its clock's, of this machine's
};

/// Asks what listens there; a few seconds at most. On a thread without a KJ loop.
cluster_port_facts probe_cluster_port(const std::string& address, const clock& time);

} // namespace troupe

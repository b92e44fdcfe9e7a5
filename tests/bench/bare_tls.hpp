#pragma once

#include "tests/bench/lab.hpp"

#include <cstdint>

namespace troupe::bench {

/// The median of calls, one after the other, over TLS as between nodes, to a process that answers at once: so many bytes in, so many out. µs.
double bare_tls_call_us(lab& room, std::uint64_t bytes_in, std::uint64_t bytes_out);

} // namespace troupe::bench

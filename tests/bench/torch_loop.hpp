#pragma once

#include "tests/bench/lab.hpp"

namespace troupe::bench {

/// Rows a second of a bare libtorch loop on one thread, with so many rows a call.
double torch_rows_per_second(lab& room, const std::string& model, const shape& row, unsigned rows, std::chrono::nanoseconds span);

/// The number of rows, from 1 to `rows_max`, at which that loop is fastest; each is tried for `span`.
unsigned best_batch(lab& room, const std::string& model, const shape& row, unsigned rows_max, std::chrono::nanoseconds span);

} // namespace troupe::bench

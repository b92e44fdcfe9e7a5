#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// libtorch as a whole, in this process. Without torch headers, so that few files pay for them.

/// One thread, one way of execution, and every lazy part made that needs files or time: random numbers, the TorchScript front
/// end, oneDNN. Before the sandbox and before any fork.
void prepare_torch();

/// Computes with `count` threads from now on and starts them. The process must be allowed to.
void set_torch_threads(std::uint32_t count);

/// Seeds the default random generator.
void seed_torch(std::uint64_t seed);

/// "libtorch 1.13.1, OpenBLAS 0.3.21 … (openmp)", or what to install if the BLAS is a slow one.
std::string torch_version();

} // namespace troupe

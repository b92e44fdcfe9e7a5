#pragma once

#include <cstdint>

namespace torch::jit {
struct Module;
}

namespace troupe {

/// Loads a TorchScript module from the `size` bytes behind `fd`, without a file system, for inference. Throws what libtorch throws.
torch::jit::Module load_module(int fd, std::uint64_t size);

} // namespace troupe

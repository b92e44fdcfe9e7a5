#pragma once

#include <cstddef>
#include <string>

namespace troupe {

/// Bytes that nobody can guess: for secrets, nonces and ids. (For chance that a simulation repeats there is runtime/base/rng.)
std::string random_bytes(std::size_t size);

} // namespace troupe

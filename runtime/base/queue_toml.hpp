#pragma once

#include "runtime/base/model_spec.hpp"
#include "runtime/base/toml_reader.hpp"

#include <chrono>
#include <cstdint>

namespace troupe {

inline constexpr std::size_t model_preferred_max = 16; ///< preferred batch sizes
inline constexpr std::chrono::seconds model_delay_max{1};
inline constexpr std::chrono::minutes model_queue_timeout_max{60};
inline constexpr std::uint32_t model_levels_max = 16;

/// The sections `[batching]` and `[queue]` of a model.toml. `spec` has max_batch and queue_rows_max already. What contradicts itself is a
/// problem, too.
void read_batching(toml_section& batching, model_spec& spec);
void read_queue(toml_section& queue, model_spec& spec);

} // namespace troupe

#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"

namespace troupe {

/// The largest input or output area of one replica, whatever the model's limits say.
inline constexpr std::uint64_t host_area_bytes_max = 16ULL << 30;

/// How much shared memory a replica of this model needs: exactly what its shapes come to for `max_batch` rows where they are
/// fully known, else (and at most) the model's byte limits. Every batch within these limits fits, each tensor aligned.
host_geometry geometry_of(const model_spec& spec);

} // namespace troupe

#pragma once

#include "runtime/base/rollout_spec.hpp"

#include <cstdint>
#include <optional>

namespace troupe {

/// A rolling rollout within bounds, as stages. With R wanted replicas and steps of b = surge + unavailable replicas, the candidate answers its part of the requests,
/// k b of R, in stage k (from 1), while b more of it start; what the incumbent has beyond its own part is stopped first:
///
///                    candidate wants     incumbent wants       so that all together are at most R + surge, and
///     before         b                   R - unavailable       at least R - unavailable serve
///     stage k        (k + 1) b           R - unavailable - k b
///     after          R                   0

/// The spec with a stage for each step, as many as there are wanted replicas for. Without bounds as it is.
rollout_spec with_rolling_stages(rollout_spec spec, std::uint32_t wanted_replicas);

struct rolling_counts {
  std::uint32_t candidate = 0;
  std::uint32_t incumbent = 0;
};

/// What both versions want: in the stage of that index, before the first one (none), or after the last one (any index beyond).
rolling_counts counts_in(const rolling_bounds& bounds, std::uint32_t wanted_replicas, std::optional<std::uint32_t> stage);

} // namespace troupe

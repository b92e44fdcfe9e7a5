#pragma once

#include "runtime/base/rollout_spec.hpp"

#include <cstdint>
#include <optional>

namespace troupe {

/// A rolling rollout within bounds, as stages. With R wanted replicas and steps of b = surge + unavailable replicas, b more of the candidate start in each, once what the
/// incumbent has too much is told to stop. Requests go to both by the replicas that serve then:
///
///                    candidate serves     starts besides     incumbent             candidate's weight
///     before         0                    b                  R - unavailable       0
///     stage k        k b                  b                  R - unavailable - k b k b / (R - unavailable)
///     after          R                    -                  stops after a while   all
///
/// so that all together are at most R + surge, and at least R - unavailable serve. The incumbent keeps a last replica until nothing goes to it, if the surge has room
/// for it: where it would have none the rollout is over.

/// The spec with a stage for each step, as many as there are wanted replicas for. Without bounds as it is.
rollout_spec with_rolling_stages(rollout_spec spec, std::uint32_t wanted_replicas);

struct rolling_counts {
  std::uint32_t candidate = 0;
  std::uint32_t incumbent = 0;
};

/// What both versions want: in the stage of that index, or before the first one (none).
rolling_counts counts_in(const rolling_bounds& bounds, std::uint32_t wanted_replicas, std::optional<std::uint32_t> stage);

} // namespace troupe

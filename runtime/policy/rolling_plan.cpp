#include "runtime/policy/rolling_plan.hpp"

#include <algorithm>

namespace troupe {

namespace {

std::uint64_t step_of(const rolling_bounds& bounds) {
  return std::max<std::uint64_t>(1, std::uint64_t{bounds.surge} + bounds.unavailable);
}

} // namespace

rollout_spec with_rolling_stages(rollout_spec spec, std::uint32_t wanted_replicas) {
  if (!spec.rolling)
    return spec;
  spec.stages.clear();
  auto step = step_of(*spec.rolling);
  auto serving = wanted_replicas - std::min(wanted_replicas, spec.rolling->unavailable); // of both, in each stage
  for (auto candidate = step; candidate < serving; candidate += step) {
    stage_spec stage;
    stage.strategy = rollout_strategy::rolling;
    stage.weight = static_cast<permille>(all_requests * candidate / serving);
    stage.hold = spec.rolling->hold;
    spec.stages.push_back(stage);
  }
  return spec;
}

rolling_counts counts_in(const rolling_bounds& bounds, std::uint32_t wanted_replicas, std::optional<std::uint32_t> stage) {
  std::uint64_t done = stage ? std::uint64_t{*stage} + 1 : 0; // steps whose replicas answer requests
  auto step = step_of(bounds);
  auto candidate = std::min<std::uint64_t>(wanted_replicas, (done + 1) * step);
  auto given_up = bounds.unavailable + done * step;
  bool has_room = candidate < std::uint64_t{wanted_replicas} + bounds.surge;
  std::uint64_t incumbent = given_up >= wanted_replicas ? (has_room ? 1 : 0) : wanted_replicas - given_up;
  return {static_cast<std::uint32_t>(candidate), static_cast<std::uint32_t>(incumbent)};
}

} // namespace troupe

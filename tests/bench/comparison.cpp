#include "tests/bench/comparison.hpp"

namespace troupe::bench {

finding rate_at_least(const std::string& measure, double goal, const paired_figures& pairs) {
  auto figure = [](const load_figures& load) { return load.requests_per_second; };
  auto ours = median_of(pairs.ours, figure);
  auto floor = median_of(pairs.floor, figure);
  return {measure, "≥ " + times(goal), number(ours) + " /s", number(floor) + " /s", times(ours / floor), ours >= goal * floor};
}

} // namespace troupe::bench

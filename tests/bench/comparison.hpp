#pragma once

#include "tests/bench/load_process.hpp"
#include "tests/bench/report.hpp"

namespace troupe::bench {

/// A time of one load is at most `goal` times the floor's. The figure is in µs.
template <class Figure>
finding at_most(const std::string& measure, double goal, const paired_figures& pairs, Figure figure) {
  auto ours = median_of(pairs.ours, figure);
  auto floor = median_of(pairs.floor, figure);
  return {measure, "≤ " + times(goal), micros(ours), micros(floor), times(ours / floor), ours <= goal * floor};
}

/// Answers a second are at least `goal` times the floor's.
finding rate_at_least(const std::string& measure, double goal, const paired_figures& pairs);

} // namespace troupe::bench

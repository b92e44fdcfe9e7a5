#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A state that a version entered, as the node tells it (VersionStatus.state).
struct version_step {
  std::string state;
  std::int64_t unix_ns = 0;
  std::string note{}; ///< what of it, and why: "stage 2 of 4 began: 5% of requests"
};

/// Whether a way up ends in this state. Every other one is a step on it, also one that only a newer node knows.
bool ends_rollout(std::string_view state);

/// How long a version was in its step `index`; 0 for the last one, which still lasts, and where the node's clock went back.
std::chrono::nanoseconds time_in(const std::vector<version_step>& steps, std::size_t index);

/// From the first step to the last.
std::chrono::nanoseconds time_of(const std::vector<version_step>& steps);

/// How a version gets on, for people: a line a step, begun with the step and its note, and ended with its time.
///
///     digits@3  validating     0.12 s
///     digits@3  rolling_out    0.01 s
///     digits@3  rolling_out  stage 1 of 4 began: 1% of requests   61.20 s
class rollout_lines {
public:
  rollout_lines(std::ostream& out, std::string version) : out_(out), version_(std::move(version)) {}
  /// Ends the line that is begun.
  ~rollout_lines();
  rollout_lines(const rollout_lines&) = delete;
  rollout_lines& operator=(const rollout_lines&) = delete;

  /// Goes on with what is new in `steps`, which holds all so far.
  void show(const std::vector<version_step>& steps);

private:
  void begin(const version_step& step);

  std::ostream& out_;
  std::string version_;
  std::size_t shown_ = 0;
  bool begun_ = false;
};

} // namespace troupe

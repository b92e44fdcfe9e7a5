#pragma once

#include <chrono>

namespace troupe {

using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using wall_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// Where time comes from. Passed in everywhere, so that a simulated node lives in simulated time.
class clock {
public:
  virtual ~clock() = default;
  /// Never goes back; for deadlines, delays and durations.
  virtual steady_time now() const = 0;
  /// May jump; only for what people read.
  virtual wall_time wall_now() const = 0;
};

/// The machine's clocks.
class real_clock final : public clock {
public:
  steady_time now() const override { return std::chrono::steady_clock::now(); }
  wall_time wall_now() const override { return std::chrono::system_clock::now(); }
};

} // namespace troupe

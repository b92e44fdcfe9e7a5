#pragma once

#include "runtime/base/clock.hpp"

#include <string>

namespace troupe::test {

inline const std::string some_cluster(32, 'c');
inline const std::string node_1 = std::string(31, 'a') + "1";
inline const std::string node_2 = std::string(31, 'a') + "2";
/// 2026-11-24 10:00:00 UTC, and a fraction that certificates don't know.
inline const wall_time some_day{std::chrono::nanoseconds(1'795'514'400'000'000'123)};

} // namespace troupe::test

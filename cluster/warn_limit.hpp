#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace troupe {

/// Who may be warned of just now, so that a stranger can't fill the log: each at most once a minute, and only so many different ones.
class warn_limit {
public:
  static constexpr std::chrono::minutes pause{1};
  static constexpr std::size_t names_max = 256;

  /// True if it was not due for this name within the last minute.
  bool due(const std::string& name, steady_time now);

private:
  std::map<std::string, steady_time> warned_;
};

} // namespace troupe

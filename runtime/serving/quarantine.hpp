#pragma once

#include "runtime/serving/input_digest.hpp"

#include <cstddef>
#include <deque>

namespace troupe {

/// The inputs that crashed two hosts. Not thread-safe.
class quarantine {
public:
  /// Most inputs kept; the oldest goes first.
  static constexpr std::size_t entries_max = 1024;

  void add(const input_digest& input);
  bool holds(const input_digest& input) const;

private:
  std::deque<input_digest> entries_;
};

} // namespace troupe

#pragma once

#include "runtime/serving/request.hpp"

#include <array>
#include <cstdint>
#include <deque>

namespace troupe {

/// The inputs that crashed two hosts, by SHA-256 over datatypes, shapes and bytes. Not thread-safe.
class quarantine {
public:
  using digest = std::array<std::uint8_t, 32>;

  /// Most inputs kept; the oldest goes first.
  static constexpr std::size_t entries_max = 1024;

  /// Reads every byte of the request: call it without holding a lock.
  static digest digest_of(const inference_request& request);

  void add(const digest& input);
  bool holds(const digest& input) const;

private:
  std::deque<digest> entries_;
};

} // namespace troupe

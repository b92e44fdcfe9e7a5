#pragma once

#include "runtime/serving/request.hpp"

#include <array>
#include <cstdint>
#include <deque>

namespace troupe {

/// The inputs that crashed two hosts, by SHA-256 over datatypes, shapes and bytes. Costs nothing while it is empty. Not thread-safe.
class quarantine {
public:
  /// Most inputs kept; the oldest goes first.
  static constexpr std::size_t entries_max = 1024;

  void add(const inference_request& request);
  bool holds(const inference_request& request) const;
  std::size_t size() const { return entries_.size(); }

private:
  using digest = std::array<std::uint8_t, 32>;
  static digest digest_of(const inference_request& request);
  std::deque<digest> entries_;
};

} // namespace troupe

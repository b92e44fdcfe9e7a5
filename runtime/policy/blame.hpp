#pragma once

#include "runtime/base/error.hpp"

namespace troupe {

/// Whether a request that ended so says something about the version that had it; the others are the client's own mistake.
constexpr bool speaks_against_version(error_code code) {
  switch (code) {
  case error_code::overloaded:
  case error_code::deadline_exceeded:
  case error_code::unavailable:
  case error_code::poisoned:
  case error_code::model_failed:
  case error_code::corrupt:
  case error_code::io_failed:
  case error_code::internal: return true;
  default: return false;
  }
}

/// Whether a request that ended so found no room, or no time, rather than a fault.
constexpr bool is_want_of_room(error_code code) {
  return code == error_code::overloaded || code == error_code::deadline_exceeded || code == error_code::unavailable;
}

} // namespace troupe

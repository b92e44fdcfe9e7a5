#include "runtime/base/error.hpp"

namespace troupe {

std::string_view to_string(error_code code) {
  switch (code) {
  case error_code::invalid_argument: return "invalid_argument";
  case error_code::not_found: return "not_found";
  case error_code::already_exists: return "already_exists";
  case error_code::failed_precondition: return "failed_precondition";
  case error_code::conflict: return "conflict";
  case error_code::overloaded: return "overloaded";
  case error_code::deadline_exceeded: return "deadline_exceeded";
  case error_code::unavailable: return "unavailable";
  case error_code::poisoned: return "poisoned";
  case error_code::unauthenticated: return "unauthenticated";
  case error_code::permission_denied: return "permission_denied";
  case error_code::model_failed: return "model_failed";
  case error_code::corrupt: return "corrupt";
  case error_code::io_failed: return "io_failed";
  case error_code::internal: return "internal";
  case error_code::cancelled: return "cancelled";
  }
  return "unknown";
}

std::string to_string(const error& e) {
  return std::string(to_string(e.code)) + ": " + e.message;
}

} // namespace troupe

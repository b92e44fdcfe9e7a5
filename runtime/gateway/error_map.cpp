#include "runtime/gateway/error_map.hpp"

namespace troupe {

schema::Code to_schema(error_code code) {
  switch (code) {
  case error_code::invalid_argument: return schema::Code::INVALID_ARGUMENT;
  case error_code::not_found: return schema::Code::NOT_FOUND;
  case error_code::already_exists: return schema::Code::ALREADY_EXISTS;
  case error_code::failed_precondition: return schema::Code::FAILED_PRECONDITION;
  case error_code::conflict: return schema::Code::CONFLICT;
  case error_code::overloaded: return schema::Code::OVERLOADED;
  case error_code::deadline_exceeded: return schema::Code::DEADLINE_EXCEEDED;
  case error_code::unavailable: return schema::Code::UNAVAILABLE;
  case error_code::poisoned: return schema::Code::POISONED;
  case error_code::unauthenticated: return schema::Code::UNAUTHENTICATED;
  case error_code::permission_denied: return schema::Code::PERMISSION_DENIED;
  case error_code::model_failed: return schema::Code::MODEL_FAILED;
  case error_code::corrupt: return schema::Code::CORRUPT;
  case error_code::io_failed: return schema::Code::IO_FAILED;
  case error_code::internal: return schema::Code::INTERNAL;
  }
  return schema::Code::INTERNAL;
}

unsigned to_http_status(error_code code) {
  switch (code) {
  case error_code::invalid_argument:
  case error_code::failed_precondition:
  case error_code::poisoned: return 400;
  case error_code::unauthenticated: return 401;
  case error_code::permission_denied: return 403;
  case error_code::not_found: return 404;
  case error_code::already_exists:
  case error_code::conflict: return 409;
  case error_code::overloaded:
  case error_code::deadline_exceeded:
  case error_code::unavailable: return 503;
  case error_code::model_failed:
  case error_code::corrupt:
  case error_code::io_failed:
  case error_code::internal: return 500;
  }
  return 500;
}

void write_error(schema::Error::Builder into, const error& failure) {
  into.setCode(to_schema(failure.code));
  into.setMessage(failure.message.c_str());
}

} // namespace troupe

#include "runtime/gateway/error_map.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace troupe {

namespace {

struct mapping {
  error_code code;
  schema::Code rpc;
  unsigned http;
};

/// In the order of the codes. HTTP's statuses are Triton's, as far as it has the error.
constexpr mapping mappings[] = {
    {error_code::invalid_argument, schema::Code::INVALID_ARGUMENT, 400},
    {error_code::not_found, schema::Code::NOT_FOUND, 404},
    {error_code::already_exists, schema::Code::ALREADY_EXISTS, 409},
    {error_code::failed_precondition, schema::Code::FAILED_PRECONDITION, 400},
    {error_code::conflict, schema::Code::CONFLICT, 409},
    {error_code::overloaded, schema::Code::OVERLOADED, 503},
    {error_code::deadline_exceeded, schema::Code::DEADLINE_EXCEEDED, 503},
    {error_code::unavailable, schema::Code::UNAVAILABLE, 503},
    {error_code::poisoned, schema::Code::POISONED, 400},
    {error_code::unauthenticated, schema::Code::UNAUTHENTICATED, 401},
    {error_code::permission_denied, schema::Code::PERMISSION_DENIED, 403},
    {error_code::model_failed, schema::Code::MODEL_FAILED, 500},
    {error_code::corrupt, schema::Code::CORRUPT, 500},
    {error_code::io_failed, schema::Code::IO_FAILED, 500},
    {error_code::internal, schema::Code::INTERNAL, 500},
};
static_assert(std::size(mappings) == error_code_count - 1);

/// What is no code is `internal`.
const mapping& mapping_of(error_code code) {
  auto found = std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.code == code; });
  return found == std::end(mappings) ? mappings[std::size(mappings) - 1] : *found;
}

} // namespace

schema::Code to_schema(error_code code) {
  return mapping_of(code).rpc;
}

error_code from_schema(schema::Code code) {
  auto found = std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.rpc == code; });
  return found == std::end(mappings) ? error_code::internal : found->code;
}

unsigned to_http_status(error_code code) {
  return mapping_of(code).http;
}

std::string told_to_clients(const error& failure) {
  switch (failure.code) {
  case error_code::corrupt:
    return "something that the node has stored is damaged; its operator finds in its log what, and what to do";
  case error_code::io_failed:
    return "the node could not use its disk; try again once its operator has freed space, or mended what its log names";
  case error_code::internal: return "the node failed on this; its operator finds why in its log";
  default: return failure.message;
  }
}

void write_error(schema::Error::Builder into, const error& failure) {
  into.setCode(to_schema(failure.code));
  into.setMessage(failure.message.c_str());
}

error read_error(schema::Error::Reader from) {
  auto code = from.getCode();
  auto found = std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.rpc == code; });
  auto message = from.getMessage();
  return {found == std::end(mappings) ? error_code::internal : found->code, std::string(message.begin(), message.size())};
}

} // namespace troupe

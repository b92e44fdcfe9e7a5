#include "runtime/gateway/error_map.hpp"

#include <algorithm>
#include <iterator>

namespace troupe {

namespace {

struct mapping {
  error_code code;
  unsigned http;
};

/// In the order of the codes; Triton's, as far as it has the error, and nginx's 499.
constexpr mapping mappings[] = {
    {error_code::invalid_argument, 400},  {error_code::not_found, 404},
    {error_code::already_exists, 409},    {error_code::failed_precondition, 400},
    {error_code::conflict, 409},          {error_code::overloaded, 503},
    {error_code::deadline_exceeded, 503}, {error_code::unavailable, 503},
    {error_code::poisoned, 400},          {error_code::unauthenticated, 401},
    {error_code::permission_denied, 403}, {error_code::model_failed, 500},
    {error_code::corrupt, 500},           {error_code::io_failed, 500},
    {error_code::internal, 500},          {error_code::cancelled, 499},
};
static_assert(std::size(mappings) == error_code_count - 1);

} // namespace

unsigned to_http_status(error_code code) {
  auto found = std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.code == code; });
  return found == std::end(mappings) ? 500 : found->http;
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

} // namespace troupe

#include "storage/error_schema.hpp"

#include <algorithm>
#include <iterator>

namespace troupe {

namespace {

struct mapping {
  error_code ours;
  schema::Code schemas;
};

constexpr mapping mappings[] = {
    {error_code::invalid_argument, schema::Code::INVALID_ARGUMENT},
    {error_code::not_found, schema::Code::NOT_FOUND},
    {error_code::already_exists, schema::Code::ALREADY_EXISTS},
    {error_code::failed_precondition, schema::Code::FAILED_PRECONDITION},
    {error_code::conflict, schema::Code::CONFLICT},
    {error_code::overloaded, schema::Code::OVERLOADED},
    {error_code::deadline_exceeded, schema::Code::DEADLINE_EXCEEDED},
    {error_code::unavailable, schema::Code::UNAVAILABLE},
    {error_code::poisoned, schema::Code::POISONED},
    {error_code::unauthenticated, schema::Code::UNAUTHENTICATED},
    {error_code::permission_denied, schema::Code::PERMISSION_DENIED},
    {error_code::model_failed, schema::Code::MODEL_FAILED},
    {error_code::corrupt, schema::Code::CORRUPT},
    {error_code::io_failed, schema::Code::IO_FAILED},
    {error_code::internal, schema::Code::INTERNAL},
    {error_code::cancelled, schema::Code::CANCELLED},
};
static_assert(std::size(mappings) == error_code_count - 1);

} // namespace

schema::Code to_schema(error_code code) {
  auto found = std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.ours == code; });
  return found == std::end(mappings) ? schema::Code::INTERNAL : found->schemas;
}

error_code from_schema(schema::Code code) {
  auto found =
      std::find_if(std::begin(mappings), std::end(mappings), [code](const mapping& each) { return each.schemas == code; });
  return found == std::end(mappings) ? error_code::internal : found->ours;
}

void write_error(schema::Error::Builder into, const error& failure) {
  into.setCode(to_schema(failure.code));
  into.setMessage(failure.message.c_str());
}

error read_error(schema::Error::Reader from) {
  auto message = from.getMessage();
  return {from_schema(from.getCode()), std::string(message.begin(), message.size())};
}

} // namespace troupe

#pragma once

#include "storage/record_codec.hpp"
#include "storage/record_schema.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/array.h>
#include <kj/exception.h>

#include <cstring>

/// What encoding and decoding records is made of. Only sources of storage include it.
namespace troupe {

inline constexpr int nesting_max = 8; // our deepest record has 3 levels

inline std::string to_bytes(capnp::MessageBuilder& message) {
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

inline error damaged(std::string_view what) {
  return error{error_code::corrupt, "a stored " + std::string(what) + " is damaged; restore the data folder from a backup"};
}

/// Reads the record by `read`, which answers false for values that no record has.
template <class Schema, class Record, class Read>
result<Record> decode(std::string_view bytes, std::string_view what, Read read) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return damaged(what);
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word)); // aligned, which the bytes need not be
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = 2 * words.size(); // a field may be looked at twice, a list's elements cost one more
  limits.nestingLimit = nesting_max;
  Record record;
  bool good = false;
  try { // Cap'n Proto throws whenever a reader meets damage
    capnp::FlatArrayMessageReader message(words, limits);
    good = read(message.getRoot<Schema>(), record);
  } catch (const kj::Exception&) {
    good = false;
  }
  if (!good)
    return damaged(what);
  return record;
}

} // namespace troupe

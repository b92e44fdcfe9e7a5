#include "cluster/preface.hpp"

#include <kj/array.h>

namespace troupe {

namespace {

constexpr std::string_view magic = "TROUPE";
constexpr char layout = '1';

bool is_known(char role) {
  return role == 'A' || role == 'J' || role == 'C' || role == 'D';
}

} // namespace

std::string preface_of(connection_role role) {
  return std::string(magic) + static_cast<char>(role) + layout;
}

result<connection_role> role_of(std::string_view preface) {
  if (preface.size() != preface_bytes || preface.substr(0, magic.size()) != magic)
    return error{error_code::invalid_argument, "what it sends is no connection between nodes"};
  if (preface[7] != layout || !is_known(preface[6]))
    return error{error_code::invalid_argument,
                 "it wants a kind of connection that this release does not know; run the same release on all nodes"};
  return static_cast<connection_role>(preface[6]);
}

kj::Promise<result<connection_role>> read_preface(kj::AsyncIoStream& stream) {
  auto bytes = kj::heapArray<char>(preface_bytes);
  auto read = stream.tryRead(bytes.begin(), bytes.size(), bytes.size());
  return read.then([bytes = kj::mv(bytes)](std::size_t got) -> result<connection_role> {
    if (got < preface_bytes)
      return error{error_code::unavailable, "it hung up before it said what it wants"};
    return role_of({bytes.begin(), bytes.size()});
  });
}

} // namespace troupe

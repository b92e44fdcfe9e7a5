#pragma once

#include "runtime/base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace troupe::test {

/// A TCP connection to a node that says whatever we like.
class raw_client {
public:
  explicit raw_client(const std::string& address);

  bool connected() const { return connected_; }
  /// Writes all of it; false once the node has hung up.
  bool send(const std::string& bytes);
  /// Whether the node hangs up within 10 s.
  bool hung_up();
  void close() { socket_.reset(); }

private:
  unique_fd socket_;
  bool connected_ = false;
};

/// The head of a Cap'n Proto message of one segment, by itself a promise of so many bytes.
std::string message_head(std::uint32_t words);

} // namespace troupe::test

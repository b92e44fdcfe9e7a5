#pragma once

#include "runtime/base/error.hpp"

#include <kj/async.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// "10.0.0.2", "fe80::1" of a name; what keeps it from telling. Blocks.
using name_lookup = std::function<result<std::vector<std::string>>(const std::string& host)>;

/// By getaddrinfo: what /etc/hosts and the name servers say, IPv4 and IPv6, in the order in which this machine prefers them (RFC 6724).
result<std::vector<std::string>> look_up(const std::string& host);

/// Finds all addresses of a name, each time anew. Asking a name server blocks for seconds, so it is done on threads of their own, which nobody waits for. (KJ's
/// own resolver joins its thread when its promise is dropped, so that a name server which is silent would hold up the loop.) Thread-safe.
class name_resolver {
public:
  static constexpr std::uint32_t lookups_max = 16; ///< at once; the next is refused

  explicit name_resolver(name_lookup how = look_up);

  /// Of "node-1.example.com:7551": "10.0.0.2:7551", "[fe80::1]:7551", each once, at least one. An address in figures is given back, at once. Errors:
  /// `invalid_argument` (no address), `unavailable` (the name has no address, or nobody told), `overloaded`. On a KJ loop's thread.
  kj::Promise<result<std::vector<std::string>>> resolve(const std::string& address);

private:
  struct lookups;
  struct lookup_task;

  std::shared_ptr<lookups> lookups_; ///< threads that are still asking hold it, too
};

} // namespace troupe

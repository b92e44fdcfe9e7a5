#pragma once

#include "cluster/name_resolver.hpp"
#include "cluster/preface.hpp"
#include "cluster/tls.hpp"

#include <kj/async-io.h>

#include <functional>
#include <string>

namespace troupe {

/// How one loop reaches other nodes. What it refers to outlives it.
struct dialler {
  kj::AsyncIoProvider& io;
  name_resolver& names;
  /// Where a name has several addresses they are tried in turn, and each but the last has so long; the last one has as long as whoever asked waits.
  kj::Duration address_patience = 400 * kj::MILLISECONDS;
  /// What goes between a socket and TLS. Empty: nothing.
  std::function<kj::Own<kj::AsyncIoStream>(kj::Own<kj::AsyncIoStream> socket)> below_tls{};
};

/// Connects to a cluster port and says what for. `address`: "10.0.0.2:7551", or a name, which is resolved anew. If all of its addresses fail, the exception says
/// what each did.
kj::Promise<kj::Own<kj::AsyncIoStream>> dial_raw(dialler by, const std::string& address, connection_role role);

/// The same over TLS, to whoever holds a certificate of the authority for this DNS name. What it fails with is described by a sentence. All outlive it.
kj::Promise<proven_stream> dial(dialler by, tls_endpoint& tls, const std::string& address, connection_role role,
                                const std::string& dns_name);

} // namespace troupe

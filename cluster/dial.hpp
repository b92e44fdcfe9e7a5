#pragma once

#include "cluster/preface.hpp"
#include "cluster/tls.hpp"

#include <string>

namespace troupe {

/// Connects to a cluster port and says what for. `address`: "10.0.0.2:7551"; where a name has several addresses, they are tried in turn.
kj::Promise<kj::Own<kj::AsyncIoStream>> dial_raw(kj::Network& network, const std::string& address, connection_role role);

/// The same over TLS, to whoever holds a certificate of the authority for this DNS name. What it fails with is described by a sentence. All outlive it.
kj::Promise<proven_stream> dial(kj::Network& network, tls_endpoint& tls, const std::string& address, connection_role role,
                                const std::string& dns_name);

} // namespace troupe

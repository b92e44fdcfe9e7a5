#pragma once

#include "runtime/cli/node_target.hpp"

#include <kj/async-io.h>

#include <string>

namespace troupe {

/// The way to a node: TLS for who has logged in, else in clear. On loopback a node may speak either: what speaks no TLS there is asked in clear.
class node_route final : public kj::NetworkAddress {
public:
  /// `found`: what the target's address leads to.
  node_route(kj::Own<kj::NetworkAddress> found, const node_target& target);

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect() override;
  kj::Own<kj::ConnectionReceiver> listen() override;
  kj::Own<kj::NetworkAddress> clone() override;
  kj::String toString() override { return found_->toString(); }

  /// Whether a connection came about, and the other end then did not prove, or speak, what it should.
  bool untrusted() const { return untrusted_; }

private:
  struct secured {
    explicit secured(const user_credentials& user);
    identity_holder identity;
    tls_endpoint tls;
    std::string dns_name;
  };

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect_by_tls();

  kj::Own<kj::NetworkAddress> found_;
  const bool loopback_;
  std::unique_ptr<secured> secured_; ///< null: in clear
  bool in_clear_ = false;            ///< found out
  bool untrusted_ = false;
};

/// What a failure of TLS means to a user: which end doesn't trust the other, and what to do; "" if this is none.
std::string tls_trouble_of_user(const kj::Exception& why);

} // namespace troupe

#pragma once

#include "cluster/certificates.hpp"

#include <kj/async-io.h>
#include <kj/compat/tls.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace troupe {

/// What proves who one is, as PEM.
struct tls_identity {
  std::string authority;   ///< the certificate that alone is trusted
  std::string certificate; ///< "": one only knows whom to trust
  std::string key;         ///< a secret
};

/// A node's identity as it is now; a renewed one is used by every connection made from then on. Thread-safe.
class identity_holder {
public:
  explicit identity_holder(tls_identity first) : now_(std::make_shared<const tls_identity>(std::move(first))) {}

  void set(tls_identity renewed) {
    std::lock_guard lock(mutex_);
    now_ = std::make_shared<const tls_identity>(std::move(renewed));
  }
  std::shared_ptr<const tls_identity> get() const {
    std::lock_guard lock(mutex_);
    return now_;
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const tls_identity> now_;
};

/// An encrypted stream, and who its other end has proven to be.
struct proven_stream {
  kj::Own<kj::AsyncIoStream> stream;
  std::string common_name; ///< of the other end's certificate; "": it was not asked for one
};

/// The same of somebody who need not prove anything.
struct proven_user {
  kj::Own<kj::AsyncIoStream> stream;
  std::optional<certificate_facts> certificate; ///< of the authority, and good when it was shown; nothing: none was
};

/// TLS for one loop's connections, by a node's identity. Handshakes have no time limit of their own. A promise fails if the other end doesn't prove itself;
/// `tls_trouble` says why as a sentence.
class tls_endpoint {
public:
  /// The holder outlives it.
  explicit tls_endpoint(const identity_holder& identity) : identity_(identity) {}

  /// Who connects must show a certificate of the authority.
  kj::Promise<proven_stream> accept_member(kj::Own<kj::AsyncIoStream> raw);
  /// Who connects may show one; any other than of the authority is refused. Sessions aren't resumed: each connection proves anew who it is.
  kj::Promise<proven_user> accept_user(kj::Own<kj::AsyncIoStream> raw);
  /// Who connects shows none.
  kj::Promise<proven_stream> accept_stranger(kj::Own<kj::AsyncIoStream> raw);
  /// Who answers must show a certificate of the authority that holds for this DNS name.
  kj::Promise<proven_stream> connect(kj::Own<kj::AsyncIoStream> raw, const std::string& dns_name);

private:
  struct contexts;

  contexts& current();

  const identity_holder& identity_;
  std::shared_ptr<contexts> made_;
};

/// Why a connection or its handshake failed, for a person: which end does not trust the other, and what may be wrong; else what the exception says.
std::string tls_trouble(const kj::Exception& why);

} // namespace troupe

#include "cluster/tls.hpp"

#include <kj/debug.h>

#include <string_view>

namespace troupe {

namespace {

kj::AuthenticatedStream from_anybody(kj::Own<kj::AsyncIoStream> raw) {
  return {kj::mv(raw), kj::UnknownPeerIdentity::newInstance()};
}

kj::Promise<proven_stream> proven(kj::Promise<kj::AuthenticatedStream> shaken) {
  return shaken.then([](kj::AuthenticatedStream&& stream) -> proven_stream {
    auto& identity = kj::downcast<kj::TlsPeerIdentity>(*stream.peerIdentity);
    std::string name;
    if (identity.hasCertificate())
      name = identity.getCommonName().cStr();
    return {kj::mv(stream.stream), std::move(name)};
  });
}

/// What part of an exception's text means what; the first that is found counts. The texts are KJ's and OpenSSL's.
constexpr std::pair<std::string_view, std::string_view> meanings[] = {
    {"alert certificate expired", "it refuses this node's certificate, which has ended; or its clock or this machine's is wrong"},
    {"alert certificate required", "it talks only to members of its cluster: this end shows no certificate"},
    {"alert unknown ca", "it refuses this node's certificate: it is of another cluster"},
    {"alert", "it refuses this node's certificate"},
    {"peer did not return a certificate", "it shows no certificate"},
    {"certificate has expired", "its certificate has ended, or this machine's clock is wrong"},
    {"certificate is not yet valid", "its certificate does not hold yet: its clock or this machine's is wrong"},
    {"ostname mismatch", "another node answers there"},
    {"not trusted", "its certificate is not of this cluster"},
    {"OpenSSL error", "it does not speak TLS as nodes do"},
};

} // namespace

struct tls_endpoint::contexts {
  explicit contexts(std::shared_ptr<const tls_identity> identity_)
    : identity(std::move(identity_)), authority(kj::StringPtr(identity->authority.c_str())), members(options(true)),
      strangers(options(false)) {}

  kj::TlsContext::Options options(bool verify_clients) {
    kj::TlsContext::Options options;
    options.useSystemTrustStore = false;
    options.trustedCertificates = kj::arrayPtr(&authority, 1);
    options.verifyClients = verify_clients;
    if (!identity->certificate.empty() && pair == nullptr)
      pair = kj::heap<kj::TlsKeypair>(kj::TlsKeypair{kj::TlsPrivateKey(kj::StringPtr(identity->key.c_str())),
                                                     kj::TlsCertificate(kj::StringPtr(identity->certificate.c_str()))});
    KJ_IF_MAYBE (own, pair)
      options.defaultKeypair = **own;
    return options;
  }

  const std::shared_ptr<const tls_identity> identity;
  kj::TlsCertificate authority;
  kj::Maybe<kj::Own<kj::TlsKeypair>> pair;
  kj::TlsContext members;
  kj::TlsContext strangers;
};

tls_endpoint::contexts& tls_endpoint::current() {
  auto identity = identity_.get();
  if (made_ == nullptr || made_->identity != identity)
    made_ = std::make_shared<contexts>(std::move(identity)); // connections that are open hold what they need of the old ones
  return *made_;
}

kj::Promise<proven_stream> tls_endpoint::accept_member(kj::Own<kj::AsyncIoStream> raw) {
  return proven(current().members.wrapServer(from_anybody(kj::mv(raw))));
}

kj::Promise<proven_stream> tls_endpoint::accept_stranger(kj::Own<kj::AsyncIoStream> raw) {
  return proven(current().strangers.wrapServer(from_anybody(kj::mv(raw))));
}

kj::Promise<proven_stream> tls_endpoint::connect(kj::Own<kj::AsyncIoStream> raw, const std::string& dns_name) {
  // KJ checks the other end in any case. A context that verifies clients would, too, but without saying what is wrong.
  return proven(current().strangers.wrapClient(from_anybody(kj::mv(raw)), dns_name.c_str()));
}

std::string tls_trouble(const kj::Exception& why) {
  std::string_view text(why.getDescription().begin(), why.getDescription().size());
  for (const auto& [part, meaning] : meanings)
    if (text.find(part) != std::string_view::npos)
      return std::string(meaning);
  return std::string(text);
}

} // namespace troupe

#include "cluster/tls.hpp"

#include "cluster/openssl_handles.hpp"

#include <kj/debug.h>
#include <openssl/ssl.h>

#include <string_view>

namespace troupe {

namespace {

// KJ demands a certificate of every client or asks none for one, tells nothing of it but the common name, and gives no way to what it stands on. An
// explicit instantiation may name a private member.
template <void* kj::TlsContext::* Member>
struct opened_context {
  friend SSL_CTX* ssl_context_of(kj::TlsContext& context) { return static_cast<SSL_CTX*>(context.*Member); }
};
SSL_CTX* ssl_context_of(kj::TlsContext& context);
template struct opened_context<&kj::TlsContext::ctx>;

template <void* kj::TlsPeerIdentity::* Member>
struct opened_identity {
  friend X509* certificate_of(kj::TlsPeerIdentity& identity) { return static_cast<X509*>(identity.*Member); }
};
X509* certificate_of(kj::TlsPeerIdentity& identity);
template struct opened_identity<&kj::TlsPeerIdentity::cert>;

/// Who connects is asked for a certificate and may have none. Without tickets nobody comes back by an earlier handshake: OpenSSL would refuse
/// such a client, and its role may be another by now.
void ask_for_certificates(kj::TlsContext& context) {
  auto ssl = ssl_context_of(context);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ssl, 0);
  SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
}

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

/// What the certificate that was shown says.
std::optional<certificate_facts> facts_in(kj::TlsPeerIdentity& identity) {
  auto certificate = certificate_of(identity);
  if (certificate == nullptr)
    return std::nullopt;
  bio_handle pem(must(BIO_new(BIO_s_mem())));
  must(PEM_write_bio_X509(pem.get(), certificate));
  auto facts = facts_of(text_in(pem.get()));
  return facts ? std::optional(std::move(*facts)) : std::nullopt;
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
    {"certificate verify failed", "its certificate is not of this cluster, or does not hold now"},
    {"OpenSSL error", "it does not speak TLS as nodes do"},
};

} // namespace

struct tls_endpoint::contexts {
  explicit contexts(std::shared_ptr<const tls_identity> identity_)
    : identity(std::move(identity_)), authority(kj::StringPtr(identity->authority.c_str())), members(options(true)),
      users(options(false)), strangers(options(false)) {
    ask_for_certificates(users);
  }

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
  kj::TlsContext users;
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

kj::Promise<proven_user> tls_endpoint::accept_user(kj::Own<kj::AsyncIoStream> raw) {
  return current().users.wrapServer(from_anybody(kj::mv(raw))).then([](kj::AuthenticatedStream&& stream) -> proven_user {
    auto shown = facts_in(kj::downcast<kj::TlsPeerIdentity>(*stream.peerIdentity));
    return {kj::mv(stream.stream), std::move(shown)};
  });
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

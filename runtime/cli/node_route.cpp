#include "runtime/cli/node_route.hpp"

#include "cluster/certificates.hpp"
#include "runtime/base/config.hpp"

#include <kj/debug.h>

#include <string_view>

namespace troupe {

namespace {

constexpr std::string_view other_cluster =
    "it is of another cluster than the one that you are logged in to; `troupe login` to that one";
constexpr std::string_view no_tls = "it speaks no TLS, and by your login you speak nothing else beyond loopback; "
                                    "`troupe logout`, if you mean to ask it in clear";

constexpr std::string_view refused = "it refuses your certificate; log in again with `troupe login`";

/// What part of an exception's text means what; the first that is found counts. The texts are KJ's and OpenSSL's.
constexpr std::pair<std::string_view, std::string_view> meanings[] = {
    {"alert certificate expired",
     "it says that your certificate has ended; log in again with `troupe login`, or set the clock that is wrong"},
    {"alert unknown ca", other_cluster},
    {"alert", refused},
    {"ssl connection ended during write", refused}, // its alert came while we wrote, and OpenSSL keeps the reason to itself
    {"certificate has expired", "its certificate has ended, or this machine's clock is wrong"},
    {"certificate is not yet valid", "its certificate does not hold yet: its clock or this machine's is wrong"},
    {"ostname mismatch", other_cluster},
    {"not trusted", other_cluster},
    {"wrong version number", no_tls},
    {"during SSL_connect", "it hung up instead of proving who it is; is that a node's address for clients?"},
    {"OpenSSL error", "it does not speak TLS as nodes do"},
};

bool contains(const kj::Exception& why, std::string_view part) {
  return std::string_view(why.getDescription().begin(), why.getDescription().size()).find(part) != std::string_view::npos;
}

/// What listens there may speak in clear.
bool may_speak_in_clear(const kj::Exception& why) {
  return why.getType() == kj::Exception::Type::DISCONNECTED || contains(why, "wrong version number");
}

} // namespace

node_route::secured::secured(const user_credentials& user)
  : identity(user.identity), tls(identity), dns_name(dns_name_of_cluster(user.cluster_id)) {}

node_route::node_route(kj::Own<kj::NetworkAddress> found, const node_target& target)
  : found_(kj::mv(found)), loopback_(is_loopback(listen_address_from(target.address).value().host)),
    secured_(target.user ? std::make_unique<secured>(*target.user) : nullptr) {}

kj::Promise<kj::Own<kj::AsyncIoStream>> node_route::connect() {
  return secured_ && !in_clear_ ? connect_by_tls() : found_->connect();
}

kj::Promise<kj::Own<kj::AsyncIoStream>> node_route::connect_by_tls() {
  return found_->connect().then([this](kj::Own<kj::AsyncIoStream>&& raw) {
    auto shaken = secured_->tls.connect(kj::mv(raw), secured_->dns_name);
    return shaken.then([](proven_stream&& proven) { return kj::mv(proven.stream); })
        .catch_([this](kj::Exception&& why) -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
          if (loopback_ && may_speak_in_clear(why)) {
            in_clear_ = true;
            return found_->connect();
          }
          untrusted_ = true;
          return kj::mv(why);
        });
  });
}

kj::Own<kj::ConnectionReceiver> node_route::listen() {
  KJ_UNIMPLEMENTED("a route is only connected to");
}

kj::Own<kj::NetworkAddress> node_route::clone() {
  KJ_UNIMPLEMENTED("a route stays where it is");
}

std::string tls_trouble_of_user(const kj::Exception& why) {
  if (contains(why, "remote exception: ")) // the node's own words, which came through
    return {};
  for (const auto& [part, meaning] : meanings)
    if (contains(why, part))
      return std::string(meaning);
  return {};
}

} // namespace troupe

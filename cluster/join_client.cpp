#include "cluster/join_client.hpp"

#include "cluster/certificates.hpp"
#include "cluster/dial.hpp"
#include "cluster/join_codec.hpp"
#include "cluster/proof.hpp"
#include "runtime/base/units.hpp"
#include "storage/error_schema.hpp"
#include "storage/record_schema.hpp"

#include <capnp/rpc-twoparty.h>
#include <capnp/serialize-async.h>
#include <kj/debug.h>

#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <utility>

namespace troupe {

namespace {

/// To meet somebody.
constexpr auto meet_patience = 3 * kj::SECONDS;
/// For each of: to prove who one is, to be let in. The leader syncs what it decides.
constexpr auto step_patience = 10 * kj::SECONDS;
/// A certificate and little else; the answer to a join tells of all members.
constexpr std::uint64_t introduction_bytes_max = 64 << 10;
constexpr std::uint64_t answer_bytes_max = 16 << 20;

capnp::ReaderOptions at_most(std::uint64_t bytes) {
  capnp::ReaderOptions bounded;
  bounded.traversalLimitInWords = bytes / sizeof(capnp::word);
  return bounded;
}

/// The connection over which one joins, and all that it needs.
struct join_connection {
  explicit join_connection(const std::string& authority) : identity({authority, "", ""}), tls(identity) {}

  void open(kj::Own<kj::AsyncIoStream> proven) {
    stream = kj::mv(proven);
    network = kj::heap<capnp::TwoPartyVatNetwork>(*stream, capnp::rpc::twoparty::Side::CLIENT, at_most(answer_bytes_max));
    system = kj::heap<capnp::RpcSystem<capnp::rpc::twoparty::VatId>>(capnp::makeRpcClient(*network));
    capnp::MallocMessageBuilder message;
    auto server = message.initRoot<capnp::rpc::twoparty::VatId>();
    server.setSide(capnp::rpc::twoparty::Side::SERVER);
    node = system->bootstrap(server).castAs<schema::Join>();
  }

  identity_holder identity;
  tls_endpoint tls;
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<capnp::TwoPartyVatNetwork> network;
  kj::Own<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> system;
  schema::Join::Client node = nullptr;
};

/// "10.0.0.7" or "[fe80::1]": this machine's on the way to the other end.
std::string own_host(kj::AsyncIoStream& stream) {
  sockaddr_storage own{};
  unsigned size = sizeof own;
  char host[NI_MAXHOST] = "127.0.0.1";
  stream.getsockname(reinterpret_cast<sockaddr*>(&own), &size);
  ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  std::string text(host);
  return text.find(':') == std::string::npos ? text : "[" + text + "]";
}

/// How the clocks differ, if that is why certificates don't hold; else "".
std::string clock_trouble(wall_time theirs, wall_time ours) {
  auto behind = ours < theirs;
  auto difference = behind ? theirs - ours : ours - theirs;
  if (difference <= clock_difference_max)
    return {};
  return "the clock of this machine is " + human_duration(difference) + (behind ? " behind" : " ahead of")
         + " that node's; set the one that is wrong (NTP does), then join again";
}

/// Somebody who joins, step by step.
class joiner {
public:
  joiner(kj::AsyncIoProvider& io, const clock& time, join_seed seed) : io_(io), time_(time), seed_(std::move(seed)) {}

  /// Asks who is there, checks it against the seed's hash, and connects so that only the cluster can answer.
  kj::Promise<result<void>> connect() {
    auto told =
        dial_raw({io_, names_}, seed_.address, connection_role::introduction).then([this](kj::Own<kj::AsyncIoStream> stream) {
          host_ = own_host(*stream);
          auto read = capnp::readMessage(*stream, at_most(introduction_bytes_max));
          return read.attach(kj::mv(stream));
        });
    return io_.getTimer()
        .timeoutAfter(meet_patience, kj::mv(told))
        .then([this](kj::Own<capnp::MessageReader> message) { return check(message->getRoot<schema::Introduction>()); })
        .catch_([this](kj::Exception&& why) -> result<void> { return no_introduction(why); })
        .then([this](result<void> known) { return known ? dial_cluster() : kj::Promise<result<void>>(known); });
  }

  schema::Join::Client& node() { return connection_->node; }
  const std::string& host() const { return host_; }
  const clock& time() const { return time_; }

  /// The answer, unless the connection breaks or the time is over.
  template <class T>
  kj::Promise<result<T>> answered(kj::Promise<result<T>> answer) {
    return in_time(kj::mv(answer)).catch_([this](kj::Exception&& why) -> result<T> { return nobody(why); });
  }

  result<void> check_authority(const std::string& authority) const {
    auto hash = certificate_sha256(authority);
    if (hash && *hash == seed_.authority_sha256)
      return {};
    return error{error_code::permission_denied,
                 seed_.address
                     + " belongs to another cluster than this token; ask for a token of that cluster, or name "
                       "an address of the token's"};
  }

private:
  result<void> check(schema::Introduction::Reader told) {
    authority_ = to_string(told.getAuthority());
    their_clock_ = from_unix_ns(told.getUnixNs());
    return check_authority(authority_);
  }

  kj::Promise<result<void>> dial_cluster() {
    connection_ = kj::heap<join_connection>(authority_);
    auto name = dns_name_of_cluster(seed_.cluster_id);
    return in_time(dial({io_, names_}, connection_->tls, seed_.address, connection_role::join, name))
        .then(
            [this](proven_stream&& proven) -> result<void> {
              connection_->open(kj::mv(proven.stream));
              return {};
            },
            [this](kj::Exception&& why) -> result<void> { return untrusted(why); });
  }

  error nobody(const kj::Exception& why) const {
    return {error_code::unavailable, "cannot join through " + seed_.address + ": " + tls_trouble(why)};
  }

  error no_introduction(const kj::Exception& why) const {
    bool is_silent = why.getType() == kj::Exception::Type::OVERLOADED; // what timeoutAfter says
    if (host_.empty() || (!is_silent && why.getType() != kj::Exception::Type::FAILED))
      return nobody(why);
    return {is_silent ? error_code::unavailable : error_code::invalid_argument, // a node that is slow may answer yet
            "what listens at " + seed_.address
                + " does not answer as a node's cluster port; is it a port for clients? `troupe nodes` lists the cluster's"};
  }

  error untrusted(const kj::Exception& why) const {
    auto clocks = clock_trouble(their_clock_, time_.wall_now());
    return clocks.empty() ? nobody(why) : error{error_code::failed_precondition, clocks};
  }

  template <class T>
  kj::Promise<T> in_time(kj::Promise<T> what) {
    return io_.getTimer().timeoutAfter(step_patience, kj::mv(what));
  }

  kj::AsyncIoProvider& io_;
  name_resolver names_;
  const clock& time_;
  const join_seed seed_;
  std::string host_;
  std::string authority_;
  wall_time their_clock_{};
  kj::Own<join_connection> connection_;
};

error unreadable() {
  return {error_code::internal, "the node's answer can't be read; use the same release on all machines"};
}

/// What is in an answer, if it is good and of the cluster that was meant.
template <class T, class Answer>
result<T> taken(const joiner& who, Answer answer) {
  if (answer.getError().getCode() != schema::Code::OK)
    return read_error(answer.getError());
  T told;
  if (!read(answer.getEnrolled(), told))
    return unreadable();
  if (auto known = who.check_authority(told.authority_pem); !known)
    return known.failure();
  return told;
}

kj::Promise<result<enrolled>> enrol_with(joiner& through, join_request who, const private_key& key) {
  return through.node().beginRequest().send().then(
      [&through, who = std::move(who), &key](capnp::Response<schema::Join::BeginResults>&& begun) mutable {
        if (who.address.substr(0, 1) == ":")
          who.address = through.host() + who.address;
        who.clock = through.time().wall_now();
        who.proof = prove(key, to_string(begun.getClusterId()), who.node_id, from_data(begun.getNonce()));
        auto call = through.node().enrolRequest();
        write(call.initRequest(), who);
        return call.send().then([&through](capnp::Response<schema::Join::EnrolResults>&& answer) {
          return taken<enrolled>(through, schema::Join::EnrolResults::Reader(answer));
        });
      });
}

} // namespace

kj::Promise<result<enrolled>> join_cluster(kj::AsyncIoProvider& io, const clock& time, join_seed seed, join_request who,
                                           const private_key& key) {
  auto owned = kj::heap<joiner>(io, time, std::move(seed));
  auto& through = *owned;
  return through.connect()
      .then([&through, who = std::move(who), &key](result<void> connected) mutable -> kj::Promise<result<enrolled>> {
        if (!connected)
          return result<enrolled>(connected.failure());
        return through.answered(enrol_with(through, std::move(who), key));
      })
      .attach(kj::mv(owned));
}

kj::Promise<result<user_joined>> join_as_user(kj::AsyncIoProvider& io, const clock& time, join_seed seed, user_request who) {
  auto owned = kj::heap<joiner>(io, time, std::move(seed));
  auto& through = *owned;
  return through.connect()
      .then([&through, who = std::move(who)](result<void> connected) mutable -> kj::Promise<result<user_joined>> {
        if (!connected)
          return result<user_joined>(connected.failure());
        auto call = through.node().userRequest();
        write(call.initRequest(), who);
        return through.answered(
            call.send().then([&through](capnp::Response<schema::Join::UserResults>&& answer) -> result<user_joined> {
              auto given = taken<user_enrolled>(through, schema::Join::UserResults::Reader(answer));
              if (!given)
                return given.failure();
              return user_joined{std::move(*given), to_string(answer.getListen()), to_string(answer.getHttp())};
            }));
      })
      .attach(kj::mv(owned));
}

} // namespace troupe

#include "runtime/gateway/client_gate.hpp"

#include "cluster/authority.hpp"
#include "cluster/certificates.hpp"
#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/http_reply.hpp"
#include "runtime/gateway/peer_trust.hpp"
#include "runtime/gateway/remote_host.hpp"

#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>
#include <kj/debug.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <utility>

namespace troupe {

namespace {

/// For a client that was turned away to close its end, and what it may send until then.
constexpr kj::Duration close_patience = 1 * kj::SECONDS;
constexpr std::uint64_t unread_bytes_max = 1 << 20;

constexpr const char* only_tls = "this port speaks only TLS: log in to the cluster with `troupe login`, and ask again by TLS";

/// What OpenSSL says of first bytes that are no TLS; it answers nothing to them itself.
bool speaks_no_tls(const kj::Exception& why) {
  for (kj::StringPtr reason : {"http request"_kj, "https proxy request"_kj, "wrong version number"_kj})
    if (strstr(why.getDescription().cStr(), reason.cStr()) != nullptr)
      return true;
  return false;
}

/// In clear, for a client that reads the door's protocol.
std::string words_in_clear(door_kind door) {
  if (door == door_kind::http) {
    auto reply = error_reply(400, only_tls);
    return written_head(reply, content_coding::identity, after_answer::closes) + reply.body;
  }
  capnp::MallocMessageBuilder message;
  auto end = message.initRoot<capnp::rpc::Message>().initAbort();
  end.setReason(only_tls);
  end.setType(capnp::rpc::Exception::Type::FAILED);
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

const char* name_of(door_kind door) {
  return door == door_kind::http ? "http" : "rpc";
}

} // namespace

/// A client that has not proven who it is. Its place is left with it.
class client_gate::handshake {
public:
  handshake(client_gate& gate, door_kind door, kj::AsyncIoStream& raw)
    : gate_(gate), door_(door), host_(remote_host(raw)), socket_(copy_of(raw)) {}
  ~handshake() { --gate_.handshakes_; }

  void failed(const kj::Exception& why) {
    if (!speaks_no_tls(why))
      return gate_.refuse(host_, door_, tls_trouble(why));
    auto words = words_in_clear(door_);
    [[maybe_unused]] auto sent = ::send(socket_.get(), words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    gate_.refuse(host_, door_, "it speaks no TLS");
  }

  /// Closes once the client has: what it has sent and nobody has read would take back from it what it was told.
  kj::Promise<void> close(kj_loop& on) {
    if (!socket_)
      return kj::READY_NOW;
    ::shutdown(socket_.get(), SHUT_WR);
    auto rest = on.io().lowLevelProvider->wrapInputFd(socket_.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP
                                                                             | kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
    auto read = rest->readAllBytes(unread_bytes_max).then([](kj::Array<kj::byte>&&) {}, [](kj::Exception&&) {});
    return read.exclusiveJoin(on.io().provider->getTimer().afterDelay(close_patience)).attach(kj::mv(rest));
  }

private:
  client_gate& gate_;
  const door_kind door_;
  const std::string host_;
  unique_fd socket_; ///< the stream is gone once its handshake has failed
};

client_gate::client_gate(const std::vector<kj_loop*>& loops, const identity_holder& identity, revocation_list& revoked,
                         const clock& time, event_sink& events, client_gate_options options)
  : revoked_(revoked), time_(time), events_(events), options_(options) {
  for (auto loop : loops)
    lanes_.push_back(std::unique_ptr<lane>(new lane{*loop, tls_endpoint(identity), cut_list(*loop)}));
  revoked_.on_revoked([this](const std::string& common_name) {
    for (auto& each : lanes_)
      each->open.cut(common_name);
  });
}

client_gate::~client_gate() {
  revoked_.on_revoked(nullptr);
}

kj::Promise<void> client_gate::serve(std::size_t loop, door_kind door, kj::Own<kj::AsyncIoStream> raw,
                                     const known_client_handler& handler) {
  if (++handshakes_ > options_.handshakes_max) {
    --handshakes_;
    refuse(remote_host(*raw), door, "too many clients have not proven who they are yet");
    return kj::READY_NOW;
  }
  auto begun = kj::heap<handshake>(*this, door, *raw);
  auto& its = *begun;
  return prove(*lanes_[loop], kj::mv(raw))
      .then([](proven_user&& proven) { return kj::Promise<kj::Maybe<proven_user>>(kj::mv(proven)); },
            [&its, &on = lanes_[loop]->loop](kj::Exception&& why) -> kj::Promise<kj::Maybe<proven_user>> {
              its.failed(why);
              return its.close(on).then([]() -> kj::Maybe<proven_user> { return nullptr; });
            })
      .attach(kj::mv(begun))
      .then([this, loop, &handler](kj::Maybe<proven_user>&& proven) -> kj::Promise<void> {
        KJ_IF_MAYBE (known, proven)
          return serve_known(loop, kj::mv(*known), handler);
        return kj::READY_NOW;
      });
}

kj::Promise<void> client_gate::serve_known(std::size_t loop, proven_user known, const known_client_handler& handler) {
  if (!known.certificate)
    return handler(loop, kj::mv(known.stream), {access::health, {}});
  auto& on = *lanes_[loop];
  auto cut = on.open.until_cut(known.certificate->common_name); // first: he may be put out between the two
  auto served = handler(loop, kj::mv(known.stream), caller_with(*known.certificate));
  auto ended = on.loop.io().provider->getTimer().afterDelay(time_left(known.certificate->not_after, time_));
  return served.exclusiveJoin(kj::mv(ended)).exclusiveJoin(kj::mv(cut));
}

caller client_gate::caller_with(const certificate_facts& certificate) const {
  auto user = user_of(certificate.common_name);
  if (!user)
    return {access::health, {}};
  if (revoked_.refuses(certificate.common_name, certificate.not_before + authority::backdated_by))
    return {access::health,
            {},
            "an admin has put out the user '" + user->name + "'; with another token, `troupe login` lets you in again"};
  return {user->role == cluster_role::admin ? access::all : access::reading, std::move(user->name)};
}

kj::Promise<proven_user> client_gate::prove(lane& on, kj::Own<kj::AsyncIoStream> raw) {
  auto& timer = on.loop.io().provider->getTimer();
  auto too_late = timer.afterDelay(options_.handshake_timeout.count() * kj::MILLISECONDS).then([]() -> proven_user {
    kj::throwFatalException(KJ_EXCEPTION(FAILED, "it has not proven in time who it is"));
  });
  auto socket = kj::heap<gathering_stream>(kj::mv(raw)); // KJ's TLS moves 8 KiB a system call
  return on.tls.accept_user(kj::mv(socket)).exclusiveJoin(kj::mv(too_late));
}

void client_gate::refuse(const std::string& host, door_kind door, const std::string& why) {
  bool warn = false;
  {
    std::lock_guard lock(mutex_);
    warn = warned_.due(host, time_.now());
  }
  if (warn || events_.shows_debug("gateway"))
    events_.emit({time_.wall_now(),
                  warn ? severity::warn : severity::debug,
                  "client_refused",
                  {{"from", host}, {"door", name_of(door)}, {"reason", why}},
                  "gateway"});
}

acceptor::client_handler behind(client_gate* gate, door_kind door, client_gate::known_client_handler handler) {
  if (gate == nullptr)
    return [handler = std::move(handler)](std::size_t loop, kj::Own<kj::AsyncIoStream> client) {
      return handler(loop, kj::mv(client), {});
    };
  return [gate, door, handler = std::move(handler)](std::size_t loop, kj::Own<kj::AsyncIoStream> client) {
    return gate->serve(loop, door, kj::mv(client), handler);
  };
}

} // namespace troupe

#include "runtime/gateway/cluster_door.hpp"

#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/remote_host.hpp"
#include "schemas/join.capnp.h"
#include "storage/record_schema.hpp"

#include <capnp/message.h>
#include <capnp/serialize-async.h>
#include <kj/debug.h>

#include <fcntl.h>
#include <utility>

namespace troupe {

namespace {

kj::Own<kj::AsyncIoStream> stream_of(kj_loop& loop, unique_fd socket) {
  using flags = kj::LowLevelAsyncIoProvider;
  return loop.io().lowLevelProvider->wrapSocketFd(socket.release(),
                                                  flags::TAKE_OWNERSHIP | flags::ALREADY_NONBLOCK | flags::ALREADY_CLOEXEC);
}

std::vector<kj_loop*> only(kj_loop& loop) {
  return {&loop};
}

} // namespace

/// A connection that has not said what it wants, or not proven who it is. Its place is left with it.
struct cluster_door::unfinished {
  unfinished(cluster_door& door_, kj::Own<kj::AsyncIoStream> stream_, std::string host_)
    : door(door_), stream(kj::mv(stream_)), host(std::move(host_)) {}
  ~unfinished() { door.leave(host); }

  cluster_door& door;
  kj::Own<kj::AsyncIoStream> stream;
  const std::string host;
};

cluster_door::cluster_door(kj_loop& loop, const std::vector<kj_loop*>& data_loops, listener door, const identity_holder& identity,
                           const clock& time, event_sink& events, cluster_handlers handlers, cluster_door_options options)
  : identity_(identity), time_(time), events_(events), handlers_(std::move(handlers)), options_(options),
    control_{loop, tls_endpoint(identity)}, data_(make_lanes(data_loops, identity)), clients_(options.connections_max),
    door_(only(loop), std::move(door), door_kind::cluster, clients_,
          [this](std::size_t, kj::Own<kj::AsyncIoStream> client) { return serve(kj::mv(client)); }) {}

std::vector<cluster_door::lane> cluster_door::make_lanes(const std::vector<kj_loop*>& loops, const identity_holder& identity) {
  std::vector<lane> lanes;
  for (auto each : loops)
    lanes.push_back({*each, tls_endpoint(identity)});
  return lanes;
}

kj::Promise<void> cluster_door::serve(kj::Own<kj::AsyncIoStream> stream) {
  auto host = remote_host(*stream);
  if (auto why = let_in(host); !why.empty()) {
    refuse(host, why);
    return kj::READY_NOW;
  }
  auto client = kj::heap<unfinished>(*this, kj::mv(stream), host);
  auto& raw = *client->stream;
  return in_time(control_.loop, read_preface(raw))
      .then([this, client = kj::mv(client)](result<connection_role> role) mutable -> kj::Promise<void> {
        if (role)
          return take(kj::mv(client), *role);
        refuse(client->host, role.failure().message);
        return kj::READY_NOW;
      })
      .catch_([this, host](kj::Exception&& why) { refuse(host, tls_trouble(why)); });
}

kj::Promise<void> cluster_door::take(kj::Own<unfinished> client, connection_role role) {
  switch (role) {
  case connection_role::introduction: return introduce(kj::mv(client));
  case connection_role::control: return take_member(kj::mv(client));
  case connection_role::join: return take_stranger(kj::mv(client));
  case connection_role::data: return move_to_data_loop(kj::mv(client));
  }
  return kj::READY_NOW;
}

kj::Promise<void> cluster_door::introduce(kj::Own<unfinished> client) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto told = message->initRoot<schema::Introduction>();
  told.setAuthority(to_text(identity_.get()->authority));
  told.setUnixNs(to_unix_ns(time_.wall_now()));
  auto written = capnp::writeMessage(*client->stream, *message);
  return in_time(control_.loop, kj::mv(written)).attach(kj::mv(message), kj::mv(client));
}

kj::Promise<void> cluster_door::take_member(kj::Own<unfinished> client) {
  auto raw = kj::mv(client->stream);
  return in_time(control_.loop, control_.tls.accept_member(kj::mv(raw)))
      .attach(kj::mv(client))
      .then([this](proven_stream&& proven) { return handlers_.control(kj::mv(proven.stream), std::move(proven.common_name)); });
}

kj::Promise<void> cluster_door::take_stranger(kj::Own<unfinished> client) {
  if (handlers_.join == nullptr) {
    refuse(client->host, "nobody can join through this node");
    return kj::READY_NOW;
  }
  auto raw = kj::mv(client->stream);
  return in_time(control_.loop, control_.tls.accept_stranger(kj::mv(raw)))
      .attach(kj::mv(client))
      .then([this](proven_stream&& proven) { return handlers_.join(kj::mv(proven.stream)); });
}

kj::Promise<void> cluster_door::move_to_data_loop(kj::Own<unfinished> client) {
  if (handlers_.data == nullptr || data_.empty()) {
    refuse(client->host, "this node takes no forwarded requests");
    return kj::READY_NOW;
  }
  auto copy = std::make_shared<unique_fd>(copy_of(*client->stream)); // std::function wants a copyable target
  auto chosen = next_data_++ % data_.size();
  data_[chosen].loop.post([this, chosen, copy] { take_data(chosen, std::move(*copy)); });
  return kj::READY_NOW;
}

void cluster_door::take_data(std::size_t loop, unique_fd socket) {
  if (!socket)
    return;
  auto& on = data_[loop];
  auto stream = stream_of(on.loop, std::move(socket));
  auto host = remote_host(*stream);
  enter(host); // it was let in before
  auto client = kj::heap<unfinished>(*this, kj::mv(stream), host);
  auto raw = kj::heap<gathering_stream>(kj::mv(client->stream)); // KJ's TLS moves 8 KiB a system call
  on.loop.keep(
      in_time(on.loop, on.tls.accept_member(kj::mv(raw)))
          .attach(kj::mv(client))
          .then([this, loop](proven_stream&& it) { return handlers_.data(loop, kj::mv(it.stream), std::move(it.common_name)); })
          .catch_([this, host](kj::Exception&& why) { refuse(host, tls_trouble(why)); }));
}

template <class T>
kj::Promise<T> cluster_door::in_time(kj_loop& loop, kj::Promise<T> what) {
  auto& timer = loop.io().provider->getTimer();
  auto too_late = timer.afterDelay(options_.proof_timeout.count() * kj::MILLISECONDS).then([]() -> kj::Promise<T> {
    return KJ_EXCEPTION(FAILED, "it has not proven in time who it is");
  });
  return what.exclusiveJoin(kj::mv(too_late));
}

std::string cluster_door::let_in(const std::string& host) {
  {
    std::lock_guard lock(mutex_);
    auto from = unfinished_from_.find(host);
    if (from != unfinished_from_.end() && from->second >= options_.unfinished_host_max)
      return "too many connections from there have not proven who they are yet";
    if (unfinished_ >= options_.unfinished_max)
      return "too many connections have not proven who they are yet";
  }
  enter(host); // only the cluster loop lets in, so that there is no race for the last place
  return {};
}

void cluster_door::enter(const std::string& host) {
  std::lock_guard lock(mutex_);
  ++unfinished_;
  ++unfinished_from_[host];
}

void cluster_door::leave(const std::string& host) {
  std::lock_guard lock(mutex_);
  --unfinished_;
  if (auto from = unfinished_from_.find(host); --from->second == 0)
    unfinished_from_.erase(from);
}

void cluster_door::refuse(const std::string& address, const std::string& why) {
  bool warn = false;
  {
    std::lock_guard lock(mutex_);
    warn = warned_.due(address, time_.now());
  }
  if (warn || events_.shows_debug("gateway"))
    events_.emit({time_.wall_now(),
                  warn ? severity::warn : severity::debug,
                  "cluster_connection_refused",
                  {{"from", address}, {"reason", why}},
                  "gateway"});
}

} // namespace troupe

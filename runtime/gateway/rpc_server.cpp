#include "runtime/gateway/rpc_server.hpp"

#include "runtime/gateway/gathering_stream.hpp"
#include "runtime/gateway/session_service.hpp"

#include <capnp/rpc-twoparty.h>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe {

/// A loop's share of the server. Lives on that loop's thread.
struct rpc_server::lane {
  lane(kj_loop& loop_, const gateway_view& node, const gateway_options& options)
    : loop(loop_), inference{loop_, routing_view(node.routes), node.time, options, node.control.drain, {}},
      control(loop_, node.control, options) {}

  kj_loop& loop;
  inference_context inference;
  control_context control;
};

namespace {

/// Between tries to accept while the process has no descriptors left.
constexpr auto accept_pause = 50 * kj::MILLISECONDS;

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

/// A client's connection, until it hangs up.
struct connection {
  connection(kj::Own<kj::AsyncIoStream> socket, capnp::Capability::Client login, const gateway_options& options)
    : stream(kj::mv(socket)), network(stream, capnp::rpc::twoparty::Side::SERVER, limits(options)),
      system(capnp::makeRpcServer(network, kj::mv(login))) {
    // What a client may have under way: past it nothing more is read until answers have gone out.
    system.setFlowLimit(options.message_bytes_max / sizeof(capnp::word));
  }

  static capnp::ReaderOptions limits(const gateway_options& options) {
    capnp::ReaderOptions bounded;
    bounded.traversalLimitInWords = options.message_bytes_max / sizeof(capnp::word);
    return bounded;
  }

  gathering_stream stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
};

/// Resolves if nobody has logged in after so long; never if somebody has.
kj::Promise<void> overdue(kj::Promise<void> login, kj::Timer& timer, std::chrono::milliseconds patience) {
  auto too_late = timer.afterDelay(patience.count() * kj::MILLISECONDS).then([] { return false; });
  return login.then([] { return true; }).exclusiveJoin(kj::mv(too_late)).then([](bool in_time) -> kj::Promise<void> {
    if (in_time)
      return kj::NEVER_DONE;
    return kj::READY_NOW;
  });
}

} // namespace

rpc_server::rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options)
  : loops_(std::move(loops)), door_(std::move(door)), node_(std::move(node)), options_(options) {
  for (auto loop : loops_)
    lanes_.push_back(std::make_unique<lane>(*loop, node_, options_));
  loops_.front()->watch(door_.socket.get(), [this] { accept_all(); });
}

rpc_server::~rpc_server() = default;

void rpc_server::stop_accepting() {
  auto& first = *loops_.front();
  first.unwatch(door_.socket.get());
  first.post([this] { door_.socket.reset(); });
}

void rpc_server::accept_all() {
  while (door_.socket) {
    unique_fd client(::accept4(door_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client)
      admit(std::move(client));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    else if (out_of_resources(errno))
      return accept_later();
    // else: that client has gone already
  }
}

void rpc_server::accept_later() {
  auto& first = *loops_.front();
  first.keep(first.io().provider->getTimer().afterDelay(accept_pause).then([this] { accept_all(); }));
}

void rpc_server::admit(unique_fd client) {
  if (connections_.load() >= options_.connections_max)
    return;
  connections_.fetch_add(1);
  int on = 1;
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto& chosen = *lanes_[next_lane_++ % lanes_.size()];
  // std::function wants a copyable target.
  auto shared = std::make_shared<unique_fd>(std::move(client));
  chosen.loop.post([this, &chosen, shared] { serve(chosen, std::move(*shared)); });
}

void rpc_server::serve(lane& on, unique_fd client) {
  using flags = kj::LowLevelAsyncIoProvider;
  auto leave = kj::defer([this] { connections_.fetch_sub(1); });
  auto stream = on.loop.io().lowLevelProvider->wrapSocketFd(client.release(), flags::TAKE_OWNERSHIP | flags::ALREADY_NONBLOCK
                                                                                  | flags::ALREADY_CLOEXEC);
  auto login = kj::newPromiseAndFulfiller<void>();
  auto door = kj::heap<login_service>(on.inference, on.control, kj::mv(login.fulfiller));
  auto served = kj::heap<connection>(kj::mv(stream), kj::mv(door), options_);
  auto gone = served->network.onDisconnect().exclusiveJoin(
      overdue(kj::mv(login.promise), on.loop.io().provider->getTimer(), options_.login_timeout));
  on.loop.keep(gone.attach(kj::mv(served), kj::mv(leave)));
}

} // namespace troupe

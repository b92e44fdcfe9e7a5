#include "runtime/gateway/rpc_server.hpp"

#include "runtime/gateway/session_service.hpp"

#include <capnp/rpc-twoparty.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe {

/// A loop's share of the server. Lives on that loop's thread.
struct rpc_server::lane {
  lane(kj_loop& loop_, const gateway_view& node, const gateway_options& options)
    : loop(loop_), inference{loop_, routing_view(node.routes), node.time, options, {}}, control(loop_, node.control, options) {}

  kj_loop& loop;
  inference_context inference;
  control_context control;
};

namespace {

/// A client's connection, until it hangs up.
struct connection {
  connection(kj::Own<kj::AsyncIoStream> stream_, capnp::Capability::Client login, const gateway_options& options)
    : stream(kj::mv(stream_)), network(*stream, capnp::rpc::twoparty::Side::SERVER, limits(options)),
      system(capnp::makeRpcServer(network, kj::mv(login))) {}

  static capnp::ReaderOptions limits(const gateway_options& options) {
    capnp::ReaderOptions bounded;
    bounded.traversalLimitInWords = options.message_bytes_max / sizeof(capnp::word);
    return bounded;
  }

  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
};

} // namespace

rpc_server::rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options)
  : loops_(std::move(loops)), door_(std::move(door)), node_(std::move(node)), options_(options) {
  for (auto loop : loops_)
    lanes_.push_back(std::make_unique<lane>(*loop, node_, options_));
  loops_.front()->watch(door_.socket.get(), [this] { accept_all(); });
}

rpc_server::~rpc_server() = default;

void rpc_server::stop_accepting() {
  loops_.front()->unwatch(door_.socket.get());
}

void rpc_server::accept_all() {
  for (;;) {
    auto fd = ::accept4(door_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
      return;
    if (connections_.load() >= options_.connections_max) {
      ::close(fd);
      continue;
    }
    connections_.fetch_add(1);
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto& chosen = *lanes_[next_lane_++ % lanes_.size()];
    chosen.loop.post([this, &chosen, fd] { serve(chosen, fd); });
  }
}

void rpc_server::serve(lane& on, int fd) {
  using flags = kj::LowLevelAsyncIoProvider;
  auto stream = on.loop.io().lowLevelProvider->wrapSocketFd(
      fd, flags::TAKE_OWNERSHIP | flags::ALREADY_NONBLOCK | flags::ALREADY_CLOEXEC);
  auto client = kj::heap<connection>(kj::mv(stream), kj::heap<login_service>(on.inference, on.control), options_);
  auto gone = client->network.onDisconnect();
  on.loop.keep(gone.attach(kj::mv(client), kj::defer([this] { connections_.fetch_sub(1); })));
}

} // namespace troupe

#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/counted.hpp"
#include "runtime/gateway/cut_list.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/gateway/message_stream.hpp"
#include "runtime/serving/routing_table.hpp"

#include <kj/async-io.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What a loop's data connections need. Belongs to the loop's thread, but for the count.
struct forward_context {
  kj_loop& loop;
  const routing_cell& pools;
  routing_view routes;
  const clock& time;
  const gateway_options& options;
  const drain_gate& drain;
  cut_list open;
  std::atomic<std::uint32_t>& under_way; ///< calls whose answers haven't all gone out
};

/// Another node's data connection: gives its requests to this node's pool of that version, and to no other. Belongs to its loop's thread.
class forward_service {
public:
  forward_service(kj::Own<kj::AsyncIoStream> peer, forward_context& context);
  /// Nobody waits for what it has asked any more.
  ~forward_service() noexcept;

  /// Until the connection has ended.
  kj::Promise<void> run();

private:
  class open_call;
  class forwarded_request;
  struct peer {
    peer(kj::Own<kj::AsyncIoStream> socket, std::uint64_t message_bytes_max) : stream(kj::mv(socket), message_bytes_max) {}

    std::unordered_map<std::uint64_t, open_call*> calls; ///< by number
    message_stream stream;
  };

  void on_call(kj::Own<received_message> message);
  void on_withdrawn(std::uint64_t number, capnp::List<std::uint32_t>::Reader indices);
  std::shared_ptr<pool> find_pool(const version_id& id);

  forward_context& context_;
  const std::shared_ptr<peer> peer_;
};

/// Serves other nodes' data connections.
class forward_server {
public:
  /// All outlive it; the loops are stopped before it is destroyed.
  forward_server(const std::vector<kj_loop*>& loops, const routing_cell& routes, const clock& time, gateway_options options,
                 const drain_gate& drain);

  /// Serves a connection, whose other end is known to be the node `who` of the cluster, until it ends or is cut. On the thread of the loop with that index.
  kj::Promise<void> serve(std::size_t loop, kj::Own<kj::AsyncIoStream> peer, const std::string& who);
  /// Ends the connections of a node. Any thread.
  void cut(const std::string& who);
  /// Whether every call has its answers, and they have gone out. Any thread.
  bool quiet() const { return under_way_ == 0; }

private:
  std::atomic<std::uint32_t> under_way_{0};
  const gateway_options options_;
  std::vector<std::unique_ptr<forward_context>> lanes_;
};

} // namespace troupe

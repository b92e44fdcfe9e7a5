#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/cut_list.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/serving/routing_table.hpp"
#include "schemas/forward.capnp.h"

#include <kj/async-io.h>

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What a loop's Forward capabilities need. Belongs to the loop's thread.
struct forward_context {
  kj_loop& loop;
  const routing_cell& pools;
  routing_view routes;
  const clock& time;
  const gateway_options& options;
  const drain_gate& drain;
  cut_list open;
};

/// The Forward capability: gives another node's requests to this node's pool of that version, and to no other.
class forward_service final : public schema::Forward::Server {
public:
  explicit forward_service(forward_context& context) : context_(context) {}

protected:
  kj::Promise<void> infer(InferContext call) override;

private:
  std::shared_ptr<pool> find_pool(const version_id& id);

  forward_context& context_;
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

private:
  const gateway_options options_;
  std::vector<std::unique_ptr<forward_context>> lanes_;
};

} // namespace troupe

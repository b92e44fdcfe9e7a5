#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/inference_service.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/gateway/listener.hpp"

#include <memory>
#include <vector>

namespace troupe {

/// What the doors of a node open onto.
struct gateway_view {
  const routing_cell& routes;
  const clock& time;
  control_backend control;
};

/// The Cap'n Proto door: accepts on the first loop, spreads connections over all. Each loop has capabilities of its own.
class rpc_server {
public:
  /// Begins to accept. `loops` must outlive the server and be stopped before it is destroyed.
  rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options);
  ~rpc_server();

  const std::string& address() const { return door_.address; }
  /// Closes the door; connections that are open go on. Any thread.
  void stop_accepting();

private:
  struct lane;

  /// Takes what waits at the door. It is edge-triggered, so what can't be taken for want of descriptors is tried again later.
  void accept_all();
  void accept_later();
  void admit(unique_fd client);
  void serve(lane& on, unique_fd client);

  std::vector<kj_loop*> loops_;
  listener door_;
  gateway_view node_;
  gateway_options options_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::size_t next_lane_ = 0;
  std::atomic<std::uint32_t> connections_{0};
};

} // namespace troupe

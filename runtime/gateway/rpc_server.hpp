#pragma once

#include "runtime/gateway/client_gate.hpp"
#include "runtime/gateway/gateway_view.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe {

/// The Cap'n Proto door. Each loop has capabilities of its own.
class rpc_server {
public:
  /// Begins to accept, behind `gate` if there is one. All must outlive the server, and the loops be stopped before it is destroyed.
  rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options, client_count& clients,
             client_gate* gate = nullptr);
  ~rpc_server();

  const std::string& address() const { return door_.address(); }
  /// Closes the door; connections that are open go on. Any thread.
  void stop_accepting() { door_.stop(); }
  /// Parts with every client that has taken, within `patience`, what it was told (rpc_connection::leave). Once, after stop_accepting. Any thread.
  void leave_clients(std::chrono::milliseconds patience);
  /// Whether no client is here any more. Any thread.
  bool empty() const { return clients_here_ == 0; }

private:
  struct lane;

  static std::vector<std::unique_ptr<lane>> make_lanes(const std::vector<kj_loop*>& loops, const gateway_view& node,
                                                       const gateway_options& options);
  kj::Promise<void> serve(lane& on, kj::Own<kj::AsyncIoStream> client, caller who);

  std::atomic<std::uint32_t> clients_here_{0};
  gateway_view node_;
  gateway_options options_;
  std::vector<std::unique_ptr<lane>> lanes_;
  acceptor door_; // last: it serves with all of the above
};

} // namespace troupe

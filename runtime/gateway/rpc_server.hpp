#pragma once

#include "runtime/gateway/acceptor.hpp"
#include "runtime/gateway/gateway_view.hpp"

#include <memory>
#include <vector>

namespace troupe {

/// The Cap'n Proto door. Each loop has capabilities of its own.
class rpc_server {
public:
  /// Begins to accept. `loops` and `clients` must outlive the server, and the loops be stopped before it is destroyed.
  rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options, client_count& clients);
  ~rpc_server();

  const std::string& address() const { return door_.address(); }
  /// Closes the door; connections that are open go on. Any thread.
  void stop_accepting() { door_.stop(); }

private:
  struct lane;

  static std::vector<std::unique_ptr<lane>> make_lanes(const std::vector<kj_loop*>& loops, const gateway_view& node,
                                                       const gateway_options& options);
  kj::Promise<void> serve(lane& on, kj::Own<kj::AsyncIoStream> client);

  gateway_view node_;
  gateway_options options_;
  std::vector<std::unique_ptr<lane>> lanes_;
  acceptor door_; // last: it serves with all of the above
};

} // namespace troupe

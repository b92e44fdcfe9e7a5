#pragma once

#include "runtime/base/unique_fd.hpp"
#include "runtime/gateway/client_count.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/gateway/listener.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace troupe {

/// A door: accepts clients on the first loop and spreads them over all.
class acceptor {
public:
  /// Serves a client until the promise is done; called on the thread of the loop with that index.
  using client_handler = std::function<kj::Promise<void>(std::size_t loop, kj::Own<kj::AsyncIoStream> client)>;

  /// Begins to accept. `loops` and `clients` must outlive it, and the loops be stopped before it is destroyed.
  acceptor(std::vector<kj_loop*> loops, listener door, door_kind kind, client_count& clients, client_handler on_client);

  const std::string& address() const { return door_.address; }
  /// Closes the door; connections that are open go on. Any thread.
  void stop();

private:
  /// Takes what waits at the door. It is edge-triggered, so what can't be taken for want of descriptors is tried again later.
  void accept_all();
  void accept_later();
  void admit(unique_fd client);
  void serve(std::size_t loop, unique_fd client);

  std::vector<kj_loop*> loops_;
  listener door_;
  const door_kind kind_;
  client_count& clients_;
  client_handler on_client_;
  std::size_t next_loop_ = 0; ///< the first loop's
};

} // namespace troupe

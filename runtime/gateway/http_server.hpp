#pragma once

#include "runtime/gateway/byte_budget.hpp"
#include "runtime/gateway/client_gate.hpp"
#include "runtime/gateway/gateway_view.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe {

/// The HTTP door: the Open Inference Protocol, version 2, with Triton's extensions for statistics, configurations and the repository.
class http_server {
public:
  /// Begins to accept, behind `gate` if there is one. All must outlive the server, and the loops be stopped before it is destroyed.
  http_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options, client_count& clients,
              client_gate* gate = nullptr);
  ~http_server();

  const std::string& address() const { return door_.address(); }
  /// Closes the door; connections that are open go on. Any thread.
  void stop_accepting() { door_.stop(); }
  /// Whether no request waits for its answer, and none has its answer under way. Any thread.
  bool quiet() const { return under_way_ == 0; }

private:
  struct lane;

  std::vector<std::unique_ptr<lane>> make_lanes(const std::vector<kj_loop*>& loops);
  kj::Promise<void> serve(lane& on, kj::Own<kj::AsyncIoStream> client, caller who) const;

  gateway_view node_;
  gateway_options options_;
  byte_budget bodies_;
  std::atomic<std::uint32_t> under_way_{0};
  std::vector<std::unique_ptr<lane>> lanes_;
  acceptor door_; // last: it serves with all of the above
};

} // namespace troupe

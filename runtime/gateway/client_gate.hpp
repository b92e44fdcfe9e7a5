#pragma once

#include "cluster/tls.hpp"
#include "cluster/warn_limit.hpp"
#include "runtime/base/event.hpp"
#include "runtime/gateway/acceptor.hpp"
#include "runtime/gateway/caller.hpp"
#include "runtime/gateway/cut_list.hpp"
#include "runtime/serving/revocation_list.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

struct client_gate_options {
  std::chrono::milliseconds handshake_timeout{10'000}; ///< who has not done it by then is closed
  std::uint32_t handshakes_max = 1024;                 ///< at once, on all doors; the next one is closed at once
};

/// Stands in doors that other machines reach: only TLS is spoken there, and a certificate of the cluster says who comes. Who shows none is let in as far
/// as `access::health` goes, and likewise who was put out; who shows another cluster's, or one that has ended, is not. A connection ends with its certificate, or when
/// its user is put out. What speaks no TLS is told so, in the door's own protocol.
class client_gate {
public:
  /// Serves a client that is known until the promise is done.
  using known_client_handler = std::function<kj::Promise<void>(std::size_t loop, kj::Own<kj::AsyncIoStream> client, caller who)>;

  /// All outlive it, and the loops are stopped before it is destroyed.
  client_gate(const std::vector<kj_loop*>& loops, const identity_holder& identity, revocation_list& revoked, const clock& time,
              event_sink& events, client_gate_options options = {});
  ~client_gate();

  /// Has the client prove who it is, then serves it by `handler`. On the thread of the loop with that index.
  kj::Promise<void> serve(std::size_t loop, door_kind door, kj::Own<kj::AsyncIoStream> raw, const known_client_handler& handler);

private:
  /// A loop that serves clients, and how it encrypts them.
  struct lane {
    kj_loop& loop;
    tls_endpoint tls;
    cut_list open; ///< by common name
  };
  class handshake;

  kj::Promise<void> serve_known(std::size_t loop, proven_user known, const known_client_handler& handler);
  kj::Promise<proven_user> prove(lane& on, kj::Own<kj::AsyncIoStream> raw);
  void refuse(const std::string& host, door_kind door, const std::string& why);

  caller caller_with(const certificate_facts& certificate) const;

  revocation_list& revoked_;
  const clock& time_;
  event_sink& events_;
  const client_gate_options options_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::atomic<std::uint32_t> handshakes_{0};
  std::mutex mutex_;
  warn_limit warned_; ///< under the mutex
};

/// For a door: serves clients behind the gate; without one (null), everybody as who comes, in clear. The gate outlives the door.
acceptor::client_handler behind(client_gate* gate, door_kind door, client_gate::known_client_handler handler);

} // namespace troupe

#pragma once

#include "actors/transport.hpp"
#include "runtime/gateway/peer_link.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace troupe {

/// The transport of a real node: Cap'n Proto RPC on one loop, one connection to each node that something is asked of, and another for pieces of artifacts: else a
/// probe that waits behind them would look lost. A node that is asked under another
/// address than before is connected to anew.
class peer_client final : public transport {
public:
  /// The loop must be stopped before it is destroyed, and while those who are told still live.
  peer_client(kj_loop& loop, const clock& time, peer_self self, peer_trust trust, peer_dialler dial,
              peer_client_options options = {});

  void ask(const peer_address& whom, peer_question what, std::chrono::milliseconds patience,
           std::function<void(result<peer_answer>)> told) override;
  void hang_up(const std::string& node_id) override;

private:
  struct links;

  /// The way to the node as it is called now. On the loop's thread.
  peer_link& link_to(const peer_address& whom, bool bulky);

  kj_loop& loop_;
  const clock& time_;
  const peer_self self_;
  const peer_trust trust_;
  const peer_dialler dial_;
  const peer_client_options options_;
  links* links_ = nullptr; ///< the loop's own, which ends with it
};

} // namespace troupe

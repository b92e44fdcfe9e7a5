#pragma once

#include "actors/transport.hpp"
#include "cluster/dial.hpp"
#include "cluster/discovery.hpp"
#include "runtime/base/event.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/serving/peer_board.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct reunion_options {
  std::string cluster_id;
  std::string node_id;                              ///< this node's
  std::vector<std::shared_ptr<peer_status>> peers;  ///< the other members, as this node knew them when it started
  std::vector<std::string> seeds;                   ///< addresses, or names that are resolved anew each time
  kj::Duration interval = 5 * kj::SECONDS;          ///< between looks
  kj::Duration address_patience = 3 * kj::SECONDS;  ///< for each address to connect and prove who it is
  std::chrono::milliseconds answer_patience{5'000}; ///< for what is asked then
};

/// Brings a member back to its cluster that reaches nobody under the addresses it knows: it goes through its seeds and what is discovered. Whoever proves there to be a
/// member is asked for all that it knows of the members; what it tells goes to the membership. While any peer is usable it does nothing, since whoever has moved
/// tells that by itself. Lives on the cluster loop's thread.
class reunion {
public:
  /// `tell` is called on any thread. All outlive it.
  reunion(kj_loop& loop, const identity_holder& identity, transport& questions, const clock& time, event_sink& events,
          const discovery* found, reunion_options options, std::function<void(exchange_members)> tell);

  /// For ever.
  kj::Promise<void> keep_looking();

private:
  kj::Promise<void> look();
  /// Seeds first.
  kj::Promise<std::vector<std::string>> addresses();
  /// Never fails.
  kj::Promise<void> call_on(const std::string& address);
  void ask(const std::string& node_id, const std::string& address);

  kj_loop& loop_;
  transport& questions_;
  const clock& time_;
  event_sink& events_;
  const discovery* const found_;
  const reunion_options options_;
  const std::function<void(exchange_members)> tell_;
  name_resolver names_;
  tls_endpoint tls_;
};

} // namespace troupe

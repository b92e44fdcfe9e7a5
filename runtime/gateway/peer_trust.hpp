#pragma once

#include "actors/transport.hpp"
#include "cluster/dial.hpp"
#include "runtime/gateway/kj_loop.hpp"

#include <functional>
#include <string>

namespace troupe {

/// Who this node is to others.
struct peer_self {
  std::string node_id;
  std::string software; ///< its release
};

/// What a node knows of who may talk to it. Called on the cluster loop's thread, at each greeting.
struct peer_trust {
  /// This node's own certificate as it is now, PEM.
  std::function<std::string()> own_certificate;
  /// Until when the certificate (PEM) proves that its holder is that node; `permission_denied` if it doesn't.
  std::function<result<wall_time>(const std::string& certificate, const std::string& node_id)> valid_until;
  /// Whether the node may come in. The error's sentence goes on after "refuses this node: ", e.g. "it was removed from the cluster".
  std::function<result<void>(const std::string& node_id)> admits;
  /// Whom this node follows; epoch 0: it isn't known yet. Null: likewise.
  std::function<leadership()> lead{};
  /// Hears whom another node follows, whether it lets this one in or not. Null: nobody does.
  std::function<void(const leadership&)> hear{};
};

/// Trust in certificates of the cluster's authority. The holder outlives it.
peer_trust trust_by(const identity_holder& identity, std::function<result<void>(const std::string& node_id)> admits,
                    std::function<leadership()> lead = {}, std::function<void(const leadership&)> hear = {});

/// Opens a stream to a node, which has proven to be that node. Where it fails, the exception's description says why. On the cluster loop.
using peer_dialler = std::function<kj::Promise<kj::Own<kj::AsyncIoStream>>(const peer_address& whom)>;

/// Dials over TLS. Both outlive it.
peer_dialler dial_by(kj_loop& loop, const identity_holder& identity);

/// For a timer: how long until then; a year at most, nothing for what is over.
kj::Duration time_left(wall_time until, const clock& time);

} // namespace troupe

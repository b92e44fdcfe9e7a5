#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"

#include <kj/time.h>

#include <algorithm>
#include <chrono>
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
};

/// For a timer; a year at most, none for what is over.
inline kj::Duration time_left(wall_time until, const clock& time) {
  constexpr std::chrono::nanoseconds most = std::chrono::hours(24 * 365);
  auto left = until <= time.wall_now() ? std::chrono::nanoseconds(0) : std::min(until - time.wall_now(), most);
  return left.count() * kj::NANOSECONDS;
}

} // namespace troupe

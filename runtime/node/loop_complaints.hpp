#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"
#include "runtime/gateway/kj_loop.hpp"

namespace troupe {

/// What KJ complains of on a node's loops, mostly clients that hang up in the middle, as debug events. Both outlive the loop.
inline kj_loop::complaint_handler debug_complaints(event_sink& events, const clock& time) {
  return [&events, &time](const std::string& text) {
    if (events.shows_debug("gateway"))
      events.emit({time.wall_now(), severity::debug, "connection_failed", {{"reason", text}}, "gateway"});
  };
}

} // namespace troupe

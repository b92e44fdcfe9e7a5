#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace troupe {

using node_id = std::string; ///< 32 hex digits

/// What a node thinks of another, from harmless to final: at equal incarnation the later one in this list wins (SWIM, Das, Gupta & Motivala, DSN 2002).
///
///     alive <--> suspect --> dead        the way back from suspect, dead and left is a higher incarnation: only the member itself
///       |           |          |         takes one, when it hears what is said of it, or when it starts again
///       +-----------+----------+--> left --> removed    final: the id never comes back
enum class member_state : std::uint8_t {
  alive,
  suspect, ///< doesn't answer, neither to us nor to others: give it no work; it may come back at once
  dead,    ///< so long silent that its work is placed elsewhere; still probed, rarely
  left,    ///< said that it goes
  removed, ///< a person took it out of the cluster
};

const char* to_string(member_state state);

/// How busy a node is. It tells so itself.
struct node_load {
  std::uint64_t revision = 0; ///< the owner's count of what it told: the highest is the newest within an incarnation
  double cpu_busy = 0;        ///< share of all its cores, 0 to 1
  std::uint32_t cores = 0;
  std::uint64_t memory_free_bytes = 0;
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t queued_requests = 0;
  std::uint32_t replicas = 0; ///< that serve
  bool disk_full = false;     ///< it has no room for more models
};

/// What nodes tell each other of a member.
struct member_news {
  node_id id;
  std::string name;
  std::string address; ///< host:port of its cluster port
  std::map<std::string, std::string> labels;
  std::string software_version;  ///< empty: it hasn't told yet
  std::uint64_t incarnation = 0; ///< only the member itself raises it
  member_state state = member_state::alive;
  bool draining = false;
  node_load load; ///< fresh of those that we talk with; of others as of the last other news of them
};

/// What this node knows of a member.
struct member {
  member_news news;
  steady_time since{};                   ///< when this node took it to be in this state
  std::chrono::nanoseconds round_trip{}; ///< of probes: a mean that follows (weight 1/8, as in RFC 6298); zero: not measured
};

/// Whether what is told replaces what is known of the same member. Load doesn't count: it replaces nothing.
bool supersedes(const member_news& told, const member_news& known);

} // namespace troupe

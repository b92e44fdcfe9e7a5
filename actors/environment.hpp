#pragma once

#include "actors/directory.hpp"
#include "actors/leadership_cell.hpp"
#include "actors/transport.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"
#include "runtime/base/rng.hpp"
#include "runtime/serving/hosts.hpp"
#include "runtime/serving/peer_board.hpp"
#include "runtime/serving/remote_pool.hpp"
#include "runtime/serving/revocation_list.hpp"
#include "runtime/serving/routing_table.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>

namespace troupe {

/// Seeds for actors' own generators, from the node's one. Thread-safe.
class seed_source {
public:
  explicit seed_source(std::uint64_t seed) : random_(seed) {}

  std::uint64_t next() {
    std::lock_guard lock(mutex_);
    return random_.next();
  }

private:
  std::mutex mutex_;
  rng random_;
};

/// How long actors wait for each other, and how often they try again.
struct actor_timing {
  /// For an answer that needs a synced write or a verified read of a large artifact.
  std::chrono::milliseconds keeper_patience{60000};
  /// For an answer that needs no disk.
  std::chrono::milliseconds patience{5000};
  /// For a validation, which goes on until it is done: a person may end it before, and what is missing for it may come late.
  std::chrono::minutes validation_patience{7 * 24 * 60};
  /// For a check, which nobody can end once it has begun.
  std::chrono::minutes check_patience{5};
  /// Between looks at whether a replica or a pool has drained.
  std::chrono::milliseconds drain_look{5};
  /// A pool that is replaced may finish what it has for so long.
  std::chrono::milliseconds drain_grace{30000};
  /// Before the old pool closes, so that requests routed to it just before the switch arrive.
  std::chrono::milliseconds route_grace{100};
  /// Before the next try at a start that failed for want of something; doubled each time up to `retry_max`.
  std::chrono::milliseconds retry_base{50};
  std::chrono::milliseconds retry_max{5000};
  /// For the first reports of nodes, when a leader starts.
  std::chrono::milliseconds gather_patience{2000};
  /// Between a node's reports when nothing changes.
  std::chrono::milliseconds report_interval{1000};
};

/// What a node's machine offers.
struct machine_resources {
  std::uint32_t cores = 1;
  std::uint64_t memory_bytes = 1ULL << 40;
  std::map<std::string, std::string> labels{}; ///< `zone` says what fails together
};

/// The way to other nodes. Outlives the actor system.
struct cluster_network {
  transport& questions;
  forwarder& requests;
  peer_board& peers;
};

/// Memory of a process, in bytes; nothing if it has gone. May be slow: the kernel walks over its pages.
using memory_probe = std::function<std::optional<std::uint64_t>(pid_t process)>;

/// What the node passes to its actors: every source of time, chance, processes and disk. Outlives the actor system.
struct actor_environment {
  const clock& time;
  event_sink& events;
  seed_source& seeds;
  host_supply& hosts;
  routing_cell& routes;
  directory& actors;
  actor_timing timing{};
  std::uint32_t checks_max = 4;  ///< models that are tried at once without being deployed
  std::uint32_t fetches_max = 4; ///< artifacts that come from other nodes at once
  std::string node_id{};         ///< this node's
  std::string node_name{};
  mutable leadership_cell lead{};
  machine_resources machine{};
  cluster_network* network = nullptr; ///< null: there are no other nodes
  /// Takes a leader of a higher epoch over, once its mandate was checked and it is on disk. Empty: there is no cluster.
  std::function<result<void>(const leadership&)> follow{};
  memory_probe memory_of{}; ///< empty: nobody measures
  /// Gives a host what others leave of the processors, or takes that back. Empty: this node can't take it back, so it never gives it.
  std::function<void(pid_t, bool idle)> set_idle{};
  mutable revocation_list revoked{}; ///< users whom no door lets in any more
};

} // namespace troupe

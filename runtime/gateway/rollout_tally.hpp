#pragma once

#include "runtime/base/event.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace troupe {

/// How a deployment's rollouts by stages have ended.
struct rollout_count {
  std::uint64_t promoted = 0;
  std::uint64_t rolled_back = 0;
};

/// Counts rollouts that ended, since the node's start, by the events that tell so; they come where the leader is. Thread-safe.
class rollout_tally {
public:
  /// Any event of the node's. A deployment that was removed is forgotten.
  void note(const event& e);
  std::map<std::string, rollout_count> read() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, rollout_count> by_deployment_;
};

} // namespace troupe

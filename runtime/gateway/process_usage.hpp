#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <sys/types.h>

/// What processes and the machine use, as /proc tells it. To be read where nobody waits: /proc may be slow.
namespace troupe {

/// Processor time of a process; nothing if it has gone.
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t process);

/// Memory of a process; what it shares with others counts in parts (PSS). Nothing if it has gone or doesn't let us look.
std::optional<std::uint64_t> memory_of(pid_t process);

struct machine_memory {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0; ///< what a new process could not have
};
machine_memory memory_of_machine();

/// Remembers the memory of processes for a while, because to read it the kernel walks over all their pages.
class memory_meter {
public:
  std::optional<std::uint64_t> read(pid_t process, steady_time now);
  /// Forgets what it wouldn't give again.
  void forget_old(steady_time now);

private:
  struct reading {
    std::optional<std::uint64_t> bytes;
    steady_time at{};
  };
  std::map<pid_t, reading> readings_;
};

/// How busy the machine's processors were.
class processor_meter {
public:
  processor_meter();
  /// The share of all of them, 0 to 1, since the last reading that was at least a second ago.
  double read(steady_time now);

private:
  struct ticks {
    std::uint64_t busy = 0;
    std::uint64_t all = 0;
  };
  static ticks look();

  ticks last_;
  std::optional<steady_time> last_at_;
  double share_ = 0;
};

} // namespace troupe

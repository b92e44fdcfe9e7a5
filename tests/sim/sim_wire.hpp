#pragma once

#include "runtime/base/rng.hpp"
#include "tests/support/sim_time.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <utility>

namespace troupe {

/// What goes wrong between machines that reach each other.
struct wire_faults {
  double lost = 0;
  double doubled = 0; ///< of what may be
  double late = 0;    ///< by up to `late_by_max`, so that it is overtaken
  std::chrono::milliseconds late_by_max{2000};
};

/// The network between machines, which go by numbers: what is sent arrives after a while, in any order, or never. One thread.
class sim_wire {
public:
  using machine_number = std::size_t;

  /// `time` is its own, and outlives it.
  sim_wire(sim_time& time, rng random) : time_(time), random_(random) {}

  /// Has `arrive` run at the other end; it must hold nothing of an actor. `may_double`: it may arrive twice.
  void send(machine_number from, machine_number to, std::function<void()> arrive, bool may_double = false);

  /// From now on nothing gets from one to the other, what is under way included.
  void cut(machine_number from, machine_number to) { cuts_.insert({from, to}); }
  void mend() {
    cuts_.clear();
    faults = {};
  }
  bool is_whole() const { return cuts_.empty() && faults.lost == 0 && faults.doubled == 0 && faults.late == 0; }

  wire_faults faults;

private:
  bool reaches(machine_number from, machine_number to) const { return cuts_.count({from, to}) == 0; }
  std::chrono::nanoseconds draw_delay();
  void carry(machine_number from, machine_number to, const std::function<void()>& arrive);

  sim_time& time_;
  rng random_;
  std::set<std::pair<machine_number, machine_number>> cuts_;
};

} // namespace troupe

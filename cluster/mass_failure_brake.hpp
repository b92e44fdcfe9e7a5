#pragma once

#include "cluster/member.hpp"

#include <cstddef>
#include <map>

namespace troupe {

/// If more than half of the members vanish at once it is probably this node that was cut off, and nobody is to be declared dead. Exactly half may be,
/// since one of two nodes can die. While a quarter or more is lost, two seconds have to pass without a further loss, since more may follow.
/// A minority of nearly half (8 or 9 of 20) can still fall for it now and then: parts of it that no longer hear of each other count less than is lost.
class mass_failure_brake {
public:
  explicit mass_failure_brake(std::chrono::nanoseconds window) : window_(window) {}

  void on_dead(const node_id& id, steady_time now) { deaths_[id] = now; }
  /// It came back, left, or was removed.
  void on_not_dead(const node_id& id) { deaths_.erase(id); }

  /// Counts suspects and the deaths of the last `window` against those alive, this node included. While the brake holds no death grows old: it lets
  /// go when at least half are there again. `cut_off`: it holds whatever the numbers.
  void update(std::size_t alive, std::size_t suspects, bool cut_off, steady_time now);
  bool holding() const { return holding_; }
  /// No death is to be declared before. Min: at once.
  steady_time settles_at() const { return settles_at_; }

private:
  std::chrono::nanoseconds window_;
  std::map<node_id, steady_time> deaths_;
  std::size_t lost_ = 0;
  steady_time settles_at_ = steady_time::min();
  steady_time last_loss_{};
  bool holding_ = false;
};

} // namespace troupe

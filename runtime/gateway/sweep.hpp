#pragma once

#include "runtime/gateway/kj_loop.hpp"

#include <kj/timer.h>

#include <unordered_set>

namespace troupe {

/// Looks at each of its members from time to time, as long as there are any: one timer for all connections of a loop, where each would need
/// several. Belongs to the loop's thread, which must be stopped before it is destroyed.
class sweep {
public:
  class member {
  public:
    /// May not end the member's life.
    virtual void look(kj::TimePoint now) = 0;

  protected:
    ~member() = default;
  };

  sweep(kj_loop& loop, kj::Duration interval) : loop_(loop), interval_(interval) {}

  /// It must leave before it is destroyed.
  void enter(member& next);
  void leave(member& gone) { members_.erase(&gone); }

private:
  void tick_later();
  void tick();

  kj_loop& loop_;
  const kj::Duration interval_;
  std::unordered_set<member*> members_;
  bool ticking_ = false;
};

} // namespace troupe

#pragma once

#include "cluster/member.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>

namespace troupe {

/// How a suspicion is told of.
enum class telling : std::uint8_t {
  plainly,
  as_one_of_many, ///< it comes and goes; said once, and then nothing more for a while
  not_at_all,
};

/// Keeps a member that is suspected and back again and again from filling the log. Pure.
class flap_limit {
public:
  static constexpr std::size_t suspicions_max = 3;
  static constexpr std::chrono::minutes window{1};

  telling on_suspected(const node_id& id, steady_time now);
  /// Whether it is told that the member is back.
  bool tells_return(const node_id& id, steady_time now) const;

private:
  struct flaps {
    std::deque<steady_time> suspected; ///< within the window
    steady_time hushed_until{};
  };
  std::map<node_id, flaps> of_;
};

} // namespace troupe

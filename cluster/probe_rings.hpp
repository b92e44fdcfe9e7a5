#pragma once

#include "cluster/member.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe {

struct ring_member {
  std::string_view id;
  bool suspect = false;
};

/// Which members `self` watches, as indices into `members` (alive and suspect ones, `self` among them and not suspect; any order).
///
/// Members stand in `rings` circles, each in the order of a hash of its own, and each is watched by the one before it in each circle: a fixed expander
/// graph, as in Rapid (Suresh et al., USENIX ATC 2018), that everybody works out alone. So a node probes `rings` others on average, however many
/// there are, and how soon a failure is noticed is no matter of luck. Two things differ from Rapid:
/// - a member that watches already in one circle is stepped over in the next, so that each has min(rings, members - 1) different watchers;
/// - a watcher that is a suspect watches on, but the one before it watches too (over up to `suspects_max` suspects in a circle). So nobody is
///   left unwatched when neighbours fail together, and a node that is cut off soon learns of how many.
std::vector<std::size_t> watched_by(std::string_view self, const std::vector<ring_member>& members, std::size_t rings,
                                    std::size_t suspects_max = 3);

} // namespace troupe

#pragma once

#include "cluster/member.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// Of whom there is news that others may not have yet. It names the members; what is told is what is known when it is told.
class gossip_queue {
public:
  /// There is something new of this member: all tellings of what was before are forgotten.
  void add(const node_id& id);

  /// Up to `count` members to tell of now: those told least often first, among them the newest. Each is told `tellings_max` times and then dropped.
  std::vector<node_id> next(std::size_t count, std::size_t tellings_max);

  std::size_t size() const { return entries_.size(); }

private:
  struct entry {
    node_id id;
    std::size_t told = 0;
    std::uint64_t added = 0;
  };

  std::vector<entry> entries_; ///< at most one a member
  std::uint64_t added_ = 0;
};

/// How often a node tells a piece of news so that all of so many members hear it with near certainty: 3 log2(n + 1), rounded up. (Epidemic spread
/// takes O(log n) tellings, SWIM section 4.1; the factor is that of HashiCorp's memberlist, RetransmitMult, for a LAN.)
std::size_t gossip_tellings(std::size_t members);

} // namespace troupe

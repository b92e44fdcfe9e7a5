#include "cluster/probe_rings.hpp"

#include "runtime/base/hashes.hpp"

#include <algorithm>

namespace troupe {
namespace {

struct ring {
  std::vector<std::size_t> order;    ///< members' indices, around the circle
  std::vector<std::size_t> position; ///< of each member
};

ring make_ring(std::uint64_t number, const std::vector<ring_member>& members, const std::vector<std::uint64_t>& hashes) {
  std::vector<std::pair<std::uint64_t, std::size_t>> keys;
  keys.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i)
    keys.emplace_back(mixed(hashes[i] + number), i);
  std::sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : members[a.second].id < members[b.second].id;
  });
  ring made;
  made.position.resize(members.size());
  for (const auto& [key, index] : keys) {
    made.position[index] = made.order.size();
    made.order.push_back(index);
  }
  return made;
}

/// Adds those that watch `watched` in this circle, unless they do in an earlier one.
void add_watchers(const ring& circle, const std::vector<ring_member>& members, std::size_t watched, std::size_t suspects_max,
                  std::vector<std::size_t>& watchers) {
  auto before = watchers.size();
  auto size = members.size();
  for (std::size_t steps = 1; steps < size && watchers.size() - before <= suspects_max; ++steps) {
    auto candidate = circle.order[(circle.position[watched] + size - steps) % size];
    if (std::find(watchers.begin(), watchers.end(), candidate) != watchers.end())
      continue;
    watchers.push_back(candidate);
    if (!members[candidate].suspect)
      return;
  }
}

} // namespace

std::vector<std::size_t> watched_by(std::string_view self, const std::vector<ring_member>& members, std::size_t rings,
                                    std::size_t suspects_max) {
  std::vector<std::uint64_t> hashes;
  for (const auto& one : members)
    hashes.push_back(hash_of(one.id));
  std::vector<ring> circles;
  for (std::size_t number = 0; number < rings; ++number)
    circles.push_back(make_ring(number + 1, members, hashes));

  auto me = std::find_if(members.begin(), members.end(), [&](const ring_member& one) { return one.id == self; });
  auto own_index = static_cast<std::size_t>(me - members.begin());
  std::vector<std::size_t> watched, watchers;
  for (std::size_t i = 0; i < members.size(); ++i) {
    watchers.clear();
    for (const auto& circle : circles)
      add_watchers(circle, members, i, suspects_max, watchers);
    if (std::find(watchers.begin(), watchers.end(), own_index) != watchers.end())
      watched.push_back(i);
  }
  return watched;
}

} // namespace troupe

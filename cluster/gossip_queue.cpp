#include "cluster/gossip_queue.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

void gossip_queue::add(const node_id& id) {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) { return one.id == id; });
  if (found == entries_.end())
    found = entries_.insert(found, entry{id});
  found->told = 0;
  found->added = ++added_;
}

std::vector<node_id> gossip_queue::next(std::size_t count, std::size_t tellings_max) {
  auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  std::partial_sort(entries_.begin(), end, entries_.end(),
                    [](const entry& a, const entry& b) { return a.told != b.told ? a.told < b.told : a.added > b.added; });
  std::vector<node_id> ids;
  for (auto one = entries_.begin(); one != end; ++one) {
    ids.push_back(one->id);
    ++one->told;
  }
  entries_.erase(std::remove_if(entries_.begin(), end, [&](const entry& one) { return one.told >= tellings_max; }), end);
  return ids;
}

std::size_t gossip_tellings(std::size_t members) {
  return static_cast<std::size_t>(std::ceil(3 * std::log2(static_cast<double>(members) + 1)));
}

} // namespace troupe

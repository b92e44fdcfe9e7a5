#include "runtime/policy/batch_plan.hpp"

#include <algorithm>

namespace troupe {

namespace {

using list = std::vector<waiting_request>;

/// How many of the first `count` requests make up the largest preferred size that their rows reach; 0 if they reach none.
std::size_t preferred_part(const list& waiting, std::size_t count, const std::vector<std::uint32_t>& preferred) {
  auto rows = rows_of(waiting, count);
  auto above = std::upper_bound(preferred.begin(), preferred.end(), rows);
  if (above == preferred.begin())
    return 0;
  for (; rows > *(above - 1) && count > 1; --count)
    rows -= waiting[count - 1].rows;
  return count;
}

/// Until a request that has so much time left has used half of what it had.
std::chrono::nanoseconds half_of_rest(const waiting_request& each, std::chrono::nanoseconds left) {
  return (left - each.waited) / 2;
}

/// How much longer the first `count` requests may wait for others.
std::chrono::nanoseconds patience_of(const list& waiting, std::size_t count, std::chrono::nanoseconds max_delay,
                                     std::chrono::nanoseconds run) {
  auto patience = max_delay;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& each = waiting[i];
    patience =
        std::min({patience, max_delay - each.waited, half_of_rest(each, each.left - run), half_of_rest(each, each.may_wait)});
  }
  return std::max(patience, std::chrono::nanoseconds(0));
}

} // namespace

std::size_t plan_batch(const std::vector<waiting_request>& waiting, const batch_limits& limits) {
  if (waiting.empty())
    return 0;
  if (limits.rows_max == 0 || waiting[0].suspect)
    return 1;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const auto& next : waiting) {
    rows += next.rows;
    bytes += next.bytes;
    bool fits = rows <= limits.rows_max && bytes <= limits.bytes_max;
    bool alike = next.form == waiting[0].form && !next.suspect;
    if (count > 0 && (!fits || !alike))
      break;
    ++count;
  }
  return count;
}

std::uint32_t rows_of(const std::vector<waiting_request>& waiting, std::size_t count) {
  std::uint32_t rows = 0;
  for (std::size_t i = 0; i < count; ++i)
    rows += waiting[i].rows;
  return rows;
}

bool any_is_hopeless(const std::vector<waiting_request>& waiting, std::size_t count, std::chrono::nanoseconds run) {
  return run.count() > 0
         && std::any_of(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count),
                        [run](const waiting_request& each) { return each.left < run; });
}

batch_start plan_start(const std::vector<waiting_request>& waiting, std::size_t count, const batch_limits& limits,
                       const batching_spec& wish, std::chrono::nanoseconds run) {
  if (count == 0 || limits.rows_max == 0)
    return {count};
  if (auto part = wish.preferred.empty() ? 0 : preferred_part(waiting, count, wish.preferred); part > 0)
    return {part};
  bool can_grow = count == waiting.size() && !waiting[0].suspect && rows_of(waiting, count) < limits.rows_max;
  if (wish.max_delay.count() == 0 || !can_grow)
    return {count};
  auto patience = patience_of(waiting, count, wish.max_delay, run);
  return patience.count() == 0 ? batch_start{count} : batch_start{0, patience};
}

} // namespace troupe

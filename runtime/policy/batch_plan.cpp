#include "runtime/policy/batch_plan.hpp"

namespace troupe {

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

} // namespace troupe

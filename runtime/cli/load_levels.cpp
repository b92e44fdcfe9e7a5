#include "runtime/cli/load_levels.hpp"

#include "runtime/base/printable.hpp"

#include <charconv>
#include <optional>
#include <string>

namespace troupe {

namespace {

std::optional<std::uint64_t> level_from(std::string_view text, std::uint64_t most) {
  std::uint64_t level = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), level);
  bool fits = failure == std::errc() && end == text.data() + text.size() && level >= 1 && level <= most;
  return fits ? std::optional(level) : std::nullopt;
}

/// Empty if it is none.
std::vector<std::uint64_t> list_from(std::string_view text, std::uint64_t most) {
  std::vector<std::uint64_t> levels;
  for (bool more = true; more;) {
    auto comma = text.find(',');
    auto level = level_from(text.substr(0, comma), most);
    if (!level)
      return {};
    levels.push_back(*level);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
  }
  return levels;
}

std::vector<std::uint64_t> doubled(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> levels;
  for (auto level = first; level<last; level = level> last / 2 ? last : 2 * level)
    levels.push_back(level);
  levels.push_back(last);
  return levels;
}

} // namespace

result<std::vector<std::uint64_t>> parse_levels(std::string_view text, std::uint64_t most) {
  std::vector<std::uint64_t> levels;
  auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    levels = list_from(text, most);
  } else {
    auto first = level_from(text.substr(0, colon), most);
    auto last = level_from(text.substr(colon + 1), most);
    if (first && last && *first <= *last)
      levels = doubled(*first, *last);
  }
  if (levels.empty() || levels.size() > load_levels_max)
    return error{error_code::invalid_argument,
                 "'" + printable(text) + "' is no level and no list of them; write 8, 1,2,4 or 1:64 " + "(doubling): at most "
                     + std::to_string(load_levels_max) + " of them, each from 1 to " + std::to_string(most)};
  return levels;
}

} // namespace troupe

#include "runtime/cli/screen.hpp"

#include <limits>
#include <ostream>

namespace troupe {

namespace {

constexpr const char* wipe_all = "\x1b[2J";
constexpr const char* to_top_left = "\x1b[H";
constexpr const char* wipe_rest_of_line = "\x1b[K";
constexpr const char* wipe_below = "\x1b[J";

} // namespace

void screen::show(const std::string& text) {
  if (io_.out_is_terminal) // one line stays free for the cursor
    io_.out << (shown_ ? "" : wipe_all) << redrawn(text, terminal_lines().value_or(std::numeric_limits<std::size_t>::max()) - 1);
  else
    io_.out << (shown_ ? "\n" : "") << text;
  io_.out << std::flush;
  shown_ = true;
}

std::string redrawn(std::string_view text, std::size_t lines) {
  std::string drawn = to_top_left;
  for (; !text.empty() && lines > 0; --lines) {
    auto end = text.find('\n');
    drawn += std::string(text.substr(0, end)) + wipe_rest_of_line + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return drawn + wipe_below;
}

} // namespace troupe

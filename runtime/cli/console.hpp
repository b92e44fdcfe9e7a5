#pragma once

#include "runtime/base/clock.hpp"

#include <cstddef>
#include <iosfwd>
#include <optional>

namespace troupe {

/// A command's outside world. The streams and the clock outlive it.
struct console {
  std::istream& in;
  std::ostream& out;            ///< results
  std::ostream& err;            ///< errors and progress
  bool out_is_terminal = false; ///< a person watches: colors
  bool err_is_terminal = false; ///< a person watches: progress bars
  const clock& time;

  /// Whether results may have colors: a person watches, and has not set NO_COLOR (no-color.org).
  bool colors() const;
};

/// Lines of the terminal that stdout is; nothing if it is none.
std::optional<std::size_t> terminal_lines();

/// The process's own streams.
console process_console(const clock& time);

} // namespace troupe

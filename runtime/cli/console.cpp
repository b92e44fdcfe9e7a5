#include "runtime/cli/console.hpp"

#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe {

bool console::colors() const {
  auto refusal = std::getenv("NO_COLOR");
  return out_is_terminal && (refusal == nullptr || *refusal == '\0');
}

std::optional<std::size_t> terminal_lines() {
  winsize size{};
  bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return known ? std::optional<std::size_t>(size.ws_row) : std::nullopt;
}

console process_console(const clock& time) {
  return {std::cin, std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1, time};
}

} // namespace troupe

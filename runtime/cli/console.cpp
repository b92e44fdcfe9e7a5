#include "runtime/cli/console.hpp"

#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace troupe {

bool console::colors() const {
  auto refusal = std::getenv("NO_COLOR");
  return out_is_terminal && (refusal == nullptr || *refusal == '\0');
}

console process_console(const clock& time) {
  return {std::cin, std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1, time};
}

} // namespace troupe

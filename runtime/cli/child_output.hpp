#pragma once

#include "runtime/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace troupe {

struct child_limits {
  std::chrono::nanoseconds time;
  std::size_t output_bytes;
};

struct child_end {
  std::string output; ///< its stdout
  int exit_code = 0;  ///< if it ended by itself
  int signal = 0;     ///< 0: it ended by itself
};

/// Runs a program with `input` as its stdin, waits for its end, and leaves nothing of it. Its stderr is ours. deadline_exceeded or overloaded if it
/// went past a limit (it is killed then), io_failed if it can't be started.
result<child_end> run_child(const std::vector<std::string>& arguments, const std::string& input, const child_limits& limits);

} // namespace troupe

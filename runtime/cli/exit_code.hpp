#pragma once

#include "runtime/base/error.hpp"

#include <stdexcept>
#include <string>

namespace troupe {

/// What `troupe` tells the shell. `troupe --help` prints these: never renumber them.
enum class exit_code : int {
  ok = 0,
  failed = 1,        ///< the node said no, or the model failed
  bad_usage = 2,     ///< the command line, or a file that it names, is wrong
  no_node = 3,       ///< nobody answers there, or the connection was lost
  timed_out = 4,     ///< not done in time
  interrupted = 130, ///< Ctrl-C ended the waiting, as a shell would say it (128 + SIGINT)
};

/// How a command ends other than well. Thrown anywhere below a verb; `run_cli` alone catches it, prints `error: …` and exits.
class command_failure : public std::runtime_error {
public:
  command_failure(exit_code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  exit_code code() const { return code_; }

private:
  exit_code code_;
};

/// What a node's refusal is to the shell.
inline exit_code exit_code_of(const error& refusal) {
  return refusal.code == error_code::deadline_exceeded ? exit_code::timed_out : exit_code::failed;
}

/// The value, or the end of the command with `code`.
template <class T>
T require(result<T> outcome, exit_code code) {
  if (!outcome.ok())
    throw command_failure(code, outcome.failure().message);
  return std::move(outcome).value();
}

/// Ends the command with `code` unless it is well.
template <class T>
void require_done(const result<T>& outcome, exit_code code) {
  if (!outcome.ok())
    throw command_failure(code, outcome.failure().message);
}

} // namespace troupe

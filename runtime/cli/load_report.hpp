#pragma once

#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/latency_histogram.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe {

/// What a load came to, or has come to so far.
struct load_report {
  latency_summary latency;                     ///< of what was answered with outputs
  std::uint64_t answered = 0;                  ///< with outputs
  std::uint64_t failed = 0;                    ///< with an error
  std::uint64_t unsent = 0;                    ///< of an open loop: were due, but too many others were still unanswered
  std::map<std::string, std::uint64_t> errors; ///< how many failed, by code
  std::string first_error;                     ///< its message; empty: none
  std::chrono::nanoseconds elapsed{0};         ///< from the beginning to the last answer
  std::optional<command_failure> broken_off;   ///< why it ended before its time: connection lost, silence, Ctrl-C

  double requests_per_second() const; ///< answered with outputs
};

/// Counts answers as they come.
class load_tally {
public:
  void on_outputs(std::chrono::nanoseconds latency);
  void on_refusal(const error& refusal);
  void on_unsent(std::uint64_t more) { counts_.unsent += more; }
  std::uint64_t answers() const { return counts_.answered + counts_.failed; }

  load_report report(std::chrono::nanoseconds elapsed) const;

private:
  latency_histogram latencies_;
  load_report counts_; ///< all but latencies and time
};

/// The report, or the end of the command with why the load was broken off.
load_report unbroken(load_report report);

} // namespace troupe

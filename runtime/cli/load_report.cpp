#include "runtime/cli/load_report.hpp"

namespace troupe {

double load_report::requests_per_second() const {
  return elapsed.count() == 0 ? 0 : static_cast<double>(answered) * 1e9 / static_cast<double>(elapsed.count());
}

void load_tally::on_outputs(std::chrono::nanoseconds latency) {
  ++counts_.answered;
  latencies_.record(latency);
}

void load_tally::on_refusal(const error& refusal) {
  ++counts_.failed;
  ++counts_.errors[std::string(to_string(refusal.code))];
  if (counts_.first_error.empty())
    counts_.first_error = refusal.message;
}

load_report load_tally::report(std::chrono::nanoseconds elapsed) const {
  auto report = counts_;
  report.latency = latencies_.summary();
  report.elapsed = elapsed;
  return report;
}

load_report unbroken(load_report report) {
  if (report.broken_off)
    throw command_failure(*report.broken_off);
  return report;
}

} // namespace troupe

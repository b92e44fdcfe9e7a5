#include "runtime/cli/rollout_lines.hpp"

#include "runtime/base/printable.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace troupe {

namespace {

constexpr std::size_t state_width = sizeof "rolling_out" - 1; // the longest

std::string seconds_text(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%8.2f s", std::chrono::duration<double>(time).count());
  return text;
}

std::string padded(std::string text) {
  text.resize(std::max(text.size(), state_width), ' ');
  return text;
}

} // namespace

bool ends_rollout(std::string_view state) {
  return state == "live" || state == "failed" || state == "superseded" || state == "rolled_back";
}

std::chrono::nanoseconds time_in(const std::vector<version_step>& steps, std::size_t index) {
  auto end = std::min(index + 1, steps.size() - 1);
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, steps[end].unix_ns - steps[index].unix_ns));
}

std::chrono::nanoseconds time_of(const std::vector<version_step>& steps) {
  if (steps.empty())
    return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, steps.back().unix_ns - steps.front().unix_ns));
}

rollout_lines::~rollout_lines() {
  if (begun_)
    out_ << "\n" << std::flush;
}

void rollout_lines::show(const std::vector<version_step>& steps) {
  for (; shown_ < steps.size(); ++shown_) {
    if (begun_)
      out_ << seconds_text(time_in(steps, shown_ - 1)) << "\n" << std::flush;
    begun_ = false;
    if (!ends_rollout(steps[shown_].state))
      begin(steps[shown_]);
  }
}

void rollout_lines::begin(const version_step& step) {
  out_ << version_ << "  " << padded(printable(step.state)) << (step.note.empty() ? "" : "  " + printable(step.note))
       << std::flush;
  begun_ = true;
}

} // namespace troupe

#include "tests/bench/report.hpp"

#include "runtime/cli/table.hpp"

#include <cmath>
#include <cstdio>

namespace troupe::bench {

std::string number(double value) {
  char text[32];
  auto size = std::abs(value);
  std::snprintf(text, sizeof text, size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%.0f", value);
  return text;
}

std::string micros(double value) {
  return value < 1000 ? number(value) + " µs" : number(value / 1000) + " ms";
}

std::string times(double ratio) {
  return number(ratio) + " ×";
}

std::string megabytes(double bytes) {
  return number(bytes / 1e6) + " MB";
}

std::string render(const std::vector<finding>& findings) {
  table lines({{"measure"}, {"goal"}, {"measured", true}, {"floor", true}, {"ratio", true}, {"met?"}});
  for (const auto& line : findings)
    lines.add({line.measure, line.goal, line.measured, line.floor, line.ratio, line.met ? "yes" : "NO"});
  return lines.render(false);
}

} // namespace troupe::bench

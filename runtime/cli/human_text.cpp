#include "runtime/cli/human_text.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

#include <cstdio>
#include <ctime>

namespace troupe {

std::string time_text(std::int64_t unix_ns) {
  auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[64];
  auto size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + size, sizeof text - size, ".%03d", static_cast<int>(unix_ns / 1'000'000 % 1000));
  return text;
}

result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  auto length = duration_from(text);
  if (!length || length->count() == 0)
    return error{error_code::invalid_argument,
                 "'" + printable(text) + "' is no duration; write a number and a unit, such as 250ms, 30s, 10m, 2h or 7d"};
  return *length;
}

} // namespace troupe

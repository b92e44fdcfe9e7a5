#include "runtime/cli/human_text.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

#include <cstdio>
#include <ctime>
#include <optional>

namespace troupe {

namespace {

/// What the text begins with, as far as it is digits: the fraction of a second, in nanoseconds.
std::int64_t take_fraction(const char*& at) {
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  for (; *at >= '0' && *at <= '9'; ++at, unit /= 10)
    ns += (*at - '0') * unit;
  return ns;
}

/// "Z", or "+01:00" in seconds; nothing for anything else.
std::optional<std::int64_t> offset_seconds(std::string_view text) {
  if (text == "Z" || text == "z")
    return 0;
  unsigned hours = 0;
  unsigned minutes = 0;
  char sign = 0;
  std::string copy(text);
  bool whole = copy.size() == 6 && std::sscanf(copy.c_str(), "%c%2u:%2u", &sign, &hours, &minutes) == 3;
  if (!whole || (sign != '+' && sign != '-') || hours > 23 || minutes > 59)
    return std::nullopt;
  return (sign == '+' ? 1 : -1) * static_cast<std::int64_t>(hours * 3600 + minutes * 60);
}

/// What a date and a time say, and what stands behind them.
struct clock_reading {
  std::tm date{};
  std::int64_t fraction_ns = 0;
  std::string rest{};
};

std::optional<clock_reading> read_clock(std::string_view text, const char* format) {
  std::string copy(text);
  clock_reading read;
  const char* at = ::strptime(copy.c_str(), format, &read.date);
  if (at == nullptr)
    return std::nullopt;
  read.fraction_ns = *at == '.' ? take_fraction(++at) : 0;
  read.rest = at;
  return read;
}

std::int64_t unix_ns(std::int64_t seconds, const clock_reading& read) {
  return seconds * 1'000'000'000 + read.fraction_ns;
}

std::optional<std::int64_t> rfc3339_unix_ns(std::string_view text) {
  auto read = read_clock(text, "%Y-%m-%dT%H:%M:%S");
  auto offset = read ? offset_seconds(read->rest) : std::nullopt;
  if (!offset)
    return std::nullopt;
  return unix_ns(static_cast<std::int64_t>(::timegm(&read->date)) - *offset, *read);
}

/// As `time_text` writes it, with or without a fraction.
std::optional<std::int64_t> local_unix_ns(std::string_view text) {
  auto read = read_clock(text, "%Y-%m-%d %H:%M:%S");
  if (!read || !read->rest.empty())
    return std::nullopt;
  read->date.tm_isdst = -1;
  auto seconds = ::mktime(&read->date);
  return seconds == -1 ? std::nullopt : std::optional(unix_ns(static_cast<std::int64_t>(seconds), *read));
}

} // namespace

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

result<std::int64_t> parse_since(std::string_view text, std::int64_t now_unix_ns) {
  if (auto moment = rfc3339_unix_ns(text))
    return *moment;
  if (auto moment = local_unix_ns(text))
    return *moment;
  auto length = duration_from(text);
  if (!length || length->count() == 0)
    return error{error_code::invalid_argument, "'" + printable(text)
                                                   + "' is no duration and no time; write 30s, 10m, 2h, 7d… or "
                                                     "2026-11-23T02:39:50Z"};
  return now_unix_ns - length->count();
}

} // namespace troupe

#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace troupe {

namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<unit, 7> duration_units = {{
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
}};

constexpr std::array<unit, 10> size_units = {{
    {"", 1},
    {"B", 1},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", 1LL << 10},
    {"MiB", 1LL << 20},
    {"GiB", 1LL << 30},
    {"TiB", 1LL << 40},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// number * factor; whole numbers exactly, fractions to the nearest whole.
std::optional<std::int64_t> scaled(std::string_view number, std::int64_t factor) {
  auto end = number.data() + number.size();
  std::int64_t whole = 0;
  if (auto parsed = std::from_chars(number.data(), end, whole); parsed.ec == std::errc{} && parsed.ptr == end)
    return __builtin_mul_overflow(whole, factor, &whole) ? std::nullopt : std::optional(whole);
  double real = 0;
  auto parsed = std::from_chars(number.data(), end, real, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || parsed.ptr != end || !is_digit(number.back()))
    return std::nullopt;
  auto product = std::round(real * static_cast<double>(factor));
  return product < 0x1.0p63 ? std::optional(static_cast<std::int64_t>(product)) : std::nullopt;
}

template <std::size_t N>
std::optional<std::int64_t> number_and_unit(std::string_view text, const std::array<unit, N>& units) {
  auto split = std::find_if(text.begin(), text.end(), [](char c) { return !is_digit(c) && c != '.'; }) - text.begin();
  auto number = text.substr(0, static_cast<std::size_t>(split));
  auto name = text.substr(static_cast<std::size_t>(split));
  if (!name.empty() && name[0] == ' ')
    name.remove_prefix(1);
  auto found = std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (number.empty() || !is_digit(number[0]) || found == units.end())
    return std::nullopt;
  return scaled(number, found->factor);
}

/// "1.5", "12.3", "250": three digits, no trailing zeros.
std::string three_digits(double value) {
  auto decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::array<char, 32> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals).ptr;
  std::string text(buffer.data(), end);
  if (decimals > 0)
    text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.')
    text.pop_back();
  return text;
}

std::string two_parts(std::int64_t whole, std::string_view large, std::int64_t rest, std::string_view small) {
  auto text = std::to_string(whole) + std::string(large);
  return rest == 0 ? text : text + " " + std::to_string(rest) + std::string(small);
}

} // namespace

std::optional<std::chrono::nanoseconds> duration_from(std::string_view text) {
  auto ns = number_and_unit(text, duration_units);
  return ns ? std::optional(std::chrono::nanoseconds(*ns)) : std::nullopt;
}

std::optional<std::uint64_t> size_from(std::string_view text) {
  auto bytes = number_and_unit(text, size_units);
  return bytes ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
}

std::string human_duration(std::chrono::nanoseconds length) {
  auto ns = length.count();
  if (ns < 0)
    return "-" + human_duration(length == length.min() ? length.max() : -length);
  auto real = static_cast<double>(ns);
  if (ns == 0)
    return "0 s";
  if (real < 999.5)
    return three_digits(real) + " ns";
  if (real < 999.5e3)
    return three_digits(real / 1e3) + " µs";
  if (real < 999.5e6)
    return three_digits(real / 1e6) + " ms";
  auto s = ns / 1'000'000'000 + (ns % 1'000'000'000 >= 500'000'000 ? 1 : 0);
  if (s < 60)
    return three_digits(real / 1e9) + " s";
  if (s < 3600)
    return two_parts(s / 60, "m", s % 60, "s");
  if (s < 86400)
    return two_parts(s / 3600, "h", s % 3600 / 60, "m");
  return two_parts(s / 86400, "d", s % 86400 / 3600, "h");
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> names = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t power = 0;
  while (value >= 999.5 && power + 1 < names.size()) {
    value /= 1024;
    ++power;
  }
  return three_digits(value) + " " + std::string(names[power]);
}

std::string utc_text(wall_time at) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  auto whole = static_cast<std::time_t>(seconds.time_since_epoch().count());
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<long long>((at - seconds).count()));
  return text;
}

} // namespace troupe

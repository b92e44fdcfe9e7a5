#include "runtime/base/log_levels.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};

/// Its place among the origins, or their number.
std::size_t place_of(std::string_view origin) {
  return static_cast<std::size_t>(std::find(event_origins.begin(), event_origins.end(), origin) - event_origins.begin());
}

log_level level_of(severity of) {
  switch (of) {
  case severity::info: return log_level::info;
  case severity::warn: return log_level::warn;
  case severity::error: return log_level::error;
  case severity::debug: return log_level::debug;
  }
  return log_level::error;
}

error unknown_origin(std::string_view origin) {
  std::string all;
  for (auto known : event_origins)
    all += (all.empty() ? "" : ", ") + std::string(known);
  return {error_code::invalid_argument, "'" + std::string(origin.substr(0, 60)) + "' logs nothing; there are " + all};
}

} // namespace

std::string_view to_string(log_level level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> log_level_from(std::string_view text) {
  auto found = std::find(level_names.begin(), level_names.end(), text);
  return found == level_names.end() ? std::nullopt : std::optional(static_cast<log_level>(found - level_names.begin()));
}

log_levels::log_levels(log_level all_others) : all_others_(static_cast<std::uint8_t>(all_others)) {
  for (auto& own : own_)
    own.store(unset);
}

result<void> log_levels::set(std::string_view origin, std::string_view text) {
  auto place = place_of(origin);
  if (!origin.empty() && place == event_origins.size())
    return unknown_origin(origin);
  auto level = log_level_from(text);
  if (!level && (origin.empty() || text != "default"))
    return error{error_code::invalid_argument, "expected one of debug, info, warn, error, off"
                                                   + std::string(origin.empty() ? "" : ", default") + ", found '"
                                                   + std::string(text.substr(0, 60)) + "'"};
  auto& cell = origin.empty() ? all_others_ : own_[place];
  cell.store(level ? static_cast<std::uint8_t>(*level) : unset, std::memory_order_relaxed);
  return {};
}

bool log_levels::shows(severity level, std::string_view origin) const {
  auto least = all_others_.load(std::memory_order_relaxed);
  if (auto place = place_of(origin); place < event_origins.size())
    if (auto own = own_[place].load(std::memory_order_relaxed); own != unset)
      least = own;
  return static_cast<std::uint8_t>(level_of(level)) >= least;
}

std::vector<std::pair<std::string, log_level>> log_levels::list() const {
  std::vector<std::pair<std::string, log_level>> all{{"", static_cast<log_level>(all_others_.load())}};
  for (std::size_t i = 0; i < own_.size(); ++i)
    if (auto own = own_[i].load(); own != unset)
      all.emplace_back(event_origins[i], static_cast<log_level>(own));
  return all;
}

} // namespace troupe

#include "runtime/node/event_hub.hpp"

#include "runtime/node/log_line.hpp"

#include <caf/send.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace troupe {

namespace {

spdlog::level::level_enum level_of(severity level) {
  switch (level) {
  case severity::debug: return spdlog::level::debug;
  case severity::info: return spdlog::level::info;
  case severity::warn: return spdlog::level::warn;
  case severity::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

} // namespace

event_hub::event_hub(const std::string& format, const log_levels& levels, const directory& actors)
  : json_(format == "json"), levels_(levels), actors_(actors),
    log_(std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>())) {
  log_->set_level(spdlog::level::debug); // the levels above decide
  log_->set_pattern(json_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
}

event_hub::~event_hub() = default;

void event_hub::emit(event e) {
  if (levels_.shows(e.level, e.origin))
    log_->log(level_of(e.level), "{}", json_ ? json_log_line(e) : to_text(e));
  if (e.level == severity::debug)
    return;
  if (auto journal = actors_.journal.get())
    caf::anon_send(journal, note_event{std::move(e)});
}

} // namespace troupe

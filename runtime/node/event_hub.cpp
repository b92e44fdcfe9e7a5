#include "runtime/node/event_hub.hpp"

#include "runtime/node/log_line.hpp"

#include <caf/send.hpp>
#include <spdlog/pattern_formatter.h>
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

/// The level's name as we write it everywhere.
class level_name final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& into) override {
    constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "critical", "off"};
    auto name = names[message.level];
    into.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<level_name>(); }
};

std::unique_ptr<spdlog::formatter> text_lines() {
  auto lines = std::make_unique<spdlog::pattern_formatter>();
  lines->add_flag<level_name>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%*%$ %v");
  return lines;
}

} // namespace

event_hub::event_hub(const std::string& format, const log_levels& levels, const directory& actors, rollout_tally& rollouts)
  : json_(format == "json"), levels_(levels), actors_(actors), rollouts_(rollouts),
    log_(std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>())) {
  log_->set_level(spdlog::level::debug); // the levels above decide
  if (json_)
    log_->set_pattern("%v");
  else
    log_->set_formatter(text_lines());
}

event_hub::~event_hub() = default;

void event_hub::emit(event e) {
  if (levels_.shows(e.level, e.origin))
    log_->log(level_of(e.level), "{}", json_ ? json_log_line(e) : to_text(e));
  if (e.level == severity::debug)
    return;
  rollouts_.note(e);
  if (auto journal = actors_.journal.get())
    caf::anon_send(journal, note_event{std::move(e)});
}

} // namespace troupe

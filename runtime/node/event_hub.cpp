#include "runtime/node/event_hub.hpp"

#include <caf/send.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace troupe {

namespace {

spdlog::level::level_enum level_of(severity level) {
  switch (level) {
  case severity::info: return spdlog::level::info;
  case severity::warn: return spdlog::level::warn;
  case severity::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// One JSON object a line: {"time": …, "level": …, "message": …}.
class json_formatter final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& from, spdlog::memory_buf_t& into) override {
    auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(from.time.time_since_epoch()).count();
    nlohmann::json line = {{"unix_ns", at},
                           {"level", spdlog::level::to_string_view(from.level).data()},
                           {"message", std::string(from.payload.data(), from.payload.size())}};
    auto text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    into.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }
};

} // namespace

void event_hub::emit(event e) {
  log_->log(level_of(e.level), "{}", to_text(e));
  if (auto journal = actors_.journal.get())
    caf::anon_send(journal, note_event{std::move(e)});
}

void event_hub::complain(const std::string& text) {
  log_->debug("{}", text);
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level, const std::string& format) {
  auto log = std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  log->set_level(spdlog::level::from_str(level));
  if (format == "json")
    log->set_formatter(std::make_unique<json_formatter>());
  else
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  return log;
}

} // namespace troupe

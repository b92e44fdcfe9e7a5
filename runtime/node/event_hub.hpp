#pragma once

#include "actors/directory.hpp"
#include "runtime/base/event.hpp"

#include <memory>

namespace spdlog {
class logger;
}

namespace troupe {

/// Where a node's events go: its log, and its journal.
class event_hub final : public event_sink {
public:
  event_hub(std::shared_ptr<spdlog::logger> log, const directory& actors) : log_(std::move(log)), actors_(actors) {}

  void emit(event e) override;
  /// Something of no consequence outside, e.g. a client that hung up in the middle: to the log alone, at level debug.
  void complain(const std::string& text);

private:
  std::shared_ptr<spdlog::logger> log_;
  const directory& actors_;
};

/// A logger to stderr. level: debug, info, warn, error, off; format: text, or json (one object a line).
std::shared_ptr<spdlog::logger> make_log(const std::string& level, const std::string& format);

} // namespace troupe

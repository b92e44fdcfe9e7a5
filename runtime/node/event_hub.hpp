#pragma once

#include "actors/directory.hpp"
#include "runtime/base/event.hpp"
#include "runtime/base/log_levels.hpp"
#include "runtime/gateway/rollout_tally.hpp"

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace troupe {

/// Where a node's events go: its log (stderr), as far as its levels show them, its journal, but for debug events, and what counts some of them.
class event_hub final : public event_sink {
public:
  /// `format`: text, or json (one object a line, see log_line.hpp). All must outlive the hub.
  event_hub(const std::string& format, const log_levels& levels, const directory& actors, rollout_tally& rollouts);
  ~event_hub() override;

  void emit(event e) override;
  bool shows_debug(std::string_view origin) const override { return levels_.shows(severity::debug, origin); }

private:
  const bool json_;
  const log_levels& levels_;
  const directory& actors_;
  rollout_tally& rollouts_;
  std::shared_ptr<spdlog::logger> log_;
};

} // namespace troupe

#pragma once

#include "runtime/base/event.hpp"

#include <algorithm>
#include <mutex>
#include <string_view>
#include <vector>

namespace troupe {

/// Keeps every event. Thread-safe.
class collected_events final : public event_sink {
public:
  void emit(event e) override {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(e));
  }
  std::size_t count(std::string_view name) const {
    std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(), [name](const event& e) { return e.name == name; }));
  }

private:
  mutable std::mutex mutex_;
  std::vector<event> events_;
};

} // namespace troupe

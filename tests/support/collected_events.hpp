#pragma once

#include "runtime/base/event.hpp"

#include <algorithm>
#include <mutex>
#include <string>
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
  /// The field of the newest event of that name; "" if there is none.
  std::string last(std::string_view name, std::string_view key) const {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(events_.rbegin(), events_.rend(), [name](const event& e) { return e.name == name; });
    return found == events_.rend() ? std::string() : std::string(field(*found, key));
  }

private:
  mutable std::mutex mutex_;
  std::vector<event> events_;
};

} // namespace troupe

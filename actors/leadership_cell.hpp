#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/cluster_records.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace troupe {

/// Who leads, as far as this node knows, when it was last heard of, and whether it wants this node. Thread-safe.
class leadership_cell {
public:
  leadership get() const {
    std::lock_guard lock(mutex_);
    return lead_;
  }
  void set(leadership lead) {
    std::lock_guard lock(mutex_);
    lead_ = std::move(lead);
  }
  /// This node has an answer, or a question, of that node.
  void note_heard(const std::string& node_id, steady_time now) {
    std::lock_guard lock(mutex_);
    if (node_id == lead_.leader_id)
      heard_ = now;
  }
  /// The cluster turns this node away: why, and what to do; empty: it doesn't, any more.
  void note_refused(std::string why) {
    std::lock_guard lock(mutex_);
    refusal_ = std::move(why);
  }
  std::string refusal() const {
    std::lock_guard lock(mutex_);
    return refusal_;
  }
  /// Never, at first.
  std::optional<steady_time> heard() const {
    std::lock_guard lock(mutex_);
    return heard_;
  }

private:
  mutable std::mutex mutex_;
  leadership lead_;
  std::optional<steady_time> heard_;
  std::string refusal_;
};

} // namespace troupe

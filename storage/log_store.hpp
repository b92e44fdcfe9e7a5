#pragma once

#include "runtime/base/event.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <string_view>
#include <vector>

namespace troupe {

/// The node's events, in the order in which they were appended, the newest `events_max` of them. Blocks on its store, which must
/// outlive it. One thread at a time.
class log_store {
public:
  static constexpr std::uint64_t events_max = 100'000;
  /// The oldest go in pieces of this many, so up to that many more are kept.
  static constexpr std::uint64_t trim_events = 512;
  /// Most events that one read gives.
  static constexpr std::size_t read_events_max = 10'000;

  /// Goes on behind the newest event in `records`. `kept` is events_max, or less in tests.
  static result<log_store> open(store& records, std::uint64_t kept);

  /// Adds the events in this order. They survive the end of the process, but aren't synced: a lost machine may take the newest.
  /// On failure the first few may have been added.
  result<void> append(const std::vector<event>& events);

  /// The newest `limit` (at most read_events_max) events that happened at `since` or later and have a sequence above `after`, oldest
  /// first. An empty `deployment` is all; else only those with the field deployment=`deployment`.
  result<std::vector<event>> read(std::size_t limit, wall_time since, std::string_view deployment, std::uint64_t after = 0) const;

private:
  log_store(store& records, std::uint64_t kept) : records_(&records), kept_(kept) {}
  event_position next_position(wall_time at);
  result<void> trim();

  store* records_;
  std::uint64_t kept_;
  event_position newest_;
  std::uint64_t oldest_sequence_ = 1; ///< sequences from here to newest_ are there, without a gap
};

} // namespace troupe

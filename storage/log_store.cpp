#include "storage/log_store.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t events_a_transaction = 256;

std::uint64_t to_unix_ns(wall_time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

error damaged_key() {
  return {error_code::corrupt, "an event's key is damaged; restore the data folder from a backup"};
}

/// Where the first or last event stands; nothing if there is none.
result<std::optional<event_position>> edge(const store& records, scan_order order) {
  auto rows = records.scan(column_family::events, keys_with_prefix(""), 1, order);
  if (!rows)
    return rows.failure();
  if (rows->empty())
    return std::optional<event_position>{};
  auto position = event_position_from(rows->front().key);
  if (!position)
    return damaged_key();
  return position;
}

bool is_wanted(const event& found, wall_time since, std::string_view deployment) {
  return found.at >= since && (deployment.empty() || field(found, "deployment") == deployment);
}

} // namespace

result<log_store> log_store::open(store& records, std::uint64_t kept) {
  auto oldest = edge(records, scan_order::ascending);
  if (!oldest)
    return oldest.failure();
  auto newest = edge(records, scan_order::descending);
  if (!newest)
    return newest.failure();
  log_store log(records, kept);
  if (*newest) {
    log.newest_ = **newest;
    log.oldest_sequence_ = (*oldest)->sequence;
  }
  return log;
}

event_position log_store::next_position(wall_time at) {
  return {std::max(to_unix_ns(at), newest_.unix_ns), newest_.sequence + 1};
}

result<void> log_store::append(const std::vector<event>& events) {
  for (std::size_t done = 0; done < events.size();) {
    auto before = newest_;
    transaction change;
    change.persistence = durability::batched;
    for (; done < events.size() && change.mutations.size() < events_a_transaction; ++done) {
      newest_ = next_position(events[done].at);
      change.put(column_family::events, event_key(newest_), encode(events[done]));
    }
    if (auto written = records_->commit(change); !written) {
      newest_ = before;
      return written.failure();
    }
  }
  return trim();
}

result<void> log_store::trim() {
  while (newest_.sequence + 1 - oldest_sequence_ >= kept_ + trim_events) {
    auto oldest = records_->scan(column_family::events, keys_with_prefix(""), trim_events, scan_order::ascending);
    if (!oldest)
      return oldest.failure();
    transaction change;
    change.persistence = durability::batched;
    for (auto& row : *oldest)
      change.erase(column_family::events, std::move(row.key));
    if (auto written = records_->commit(change); !written)
      return written.failure();
    oldest_sequence_ += oldest->size();
  }
  return {};
}

result<std::vector<event>> log_store::read(std::size_t limit, wall_time since, std::string_view deployment,
                                           std::uint64_t after) const {
  limit = std::min(limit, read_events_max);
  std::vector<event> found;
  // A key's time is never before its event's, so nothing that is wanted stands before `since`.
  key_range left{number_key(to_unix_ns(since)), ""};
  for (bool more = true; more && found.size() < limit;) {
    auto page = records_->scan(column_family::events, left, store_limits::scan_entries_max, scan_order::descending);
    if (!page)
      return page.failure();
    more = page->size() == store_limits::scan_entries_max;
    for (const auto& row : *page) {
      auto position = event_position_from(row.key);
      auto happened = decode_event(row.value);
      if (!position || !happened)
        return happened ? damaged_key() : happened.failure();
      if (position->sequence <= after) {
        more = false;
        break;
      }
      happened->sequence = position->sequence;
      if (found.size() < limit && is_wanted(*happened, since, deployment))
        found.push_back(std::move(happened).value());
    }
    if (more)
      left.end = page->back().key;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

} // namespace troupe

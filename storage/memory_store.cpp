#include "storage/memory_store.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

namespace troupe {

namespace {

struct versioned {
  std::string value;
  revision_number modified = 0;
};

using table = std::map<std::string, versioned, std::less<>>; // std::string compares as unsigned bytes

template <class Iterator>
std::vector<entry> take(Iterator from, const Iterator& to, std::size_t limit) {
  std::vector<entry> entries;
  for (; from != to && entries.size() < limit; ++from)
    entries.push_back({from->first, from->second.value, from->second.modified});
  return entries;
}

} // namespace

struct memory_store::tables {
  std::array<table, column_families.size()> families;
  revision_number revision = 0;

  revision_number modified(column_family family, const std::string& key) const {
    const auto& rows = families[index_of(family)];
    auto row = rows.find(key);
    return row == rows.end() ? 0 : row->second.modified;
  }

  std::optional<entry> get(column_family family, std::string_view key) const {
    const auto& rows = families[index_of(family)];
    auto row = rows.find(key);
    if (row == rows.end())
      return std::nullopt;
    return entry{row->first, row->second.value, row->second.modified};
  }

  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit, scan_order order) const {
    if (auto good = check_scan_limit(limit); !good)
      return good.failure();
    if (!range.end.empty() && range.end <= range.first)
      return std::vector<entry>{};
    const auto& rows = families[index_of(family)];
    auto first = rows.lower_bound(range.first);
    auto end = range.end.empty() ? rows.end() : rows.lower_bound(range.end);
    if (order == scan_order::ascending)
      return take(first, end, limit);
    return take(std::make_reverse_iterator(end), std::make_reverse_iterator(first), limit);
  }

  void apply(const std::vector<mutation>& mutations) {
    ++revision;
    for (const auto& [family, key, value] : mutations) {
      auto& rows = families[index_of(family)];
      if (value)
        rows.insert_or_assign(key, versioned{*value, revision});
      else
        rows.erase(key);
    }
  }
};

class memory_store::frozen final : public store_snapshot {
public:
  explicit frozen(const tables& all) : tables_(all) {}
  result<std::optional<entry>> get(column_family family, std::string_view key) const override { return tables_.get(family, key); }
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override {
    return tables_.scan(family, range, limit, order);
  }
  revision_number revision() const override { return tables_.revision; }

private:
  const tables tables_;
};

memory_store::memory_store() : current_(std::make_unique<tables>()), synced_(std::make_unique<tables>()) {}
memory_store::~memory_store() = default;

result<std::optional<entry>> memory_store::get(column_family family, std::string_view key) const {
  std::lock_guard lock(mutex_);
  return current_->get(family, key);
}

result<std::vector<entry>> memory_store::scan(column_family family, const key_range& range, std::size_t limit,
                                              scan_order order) const {
  std::lock_guard lock(mutex_);
  return current_->scan(family, range, limit, order);
}

result<std::unique_ptr<store_snapshot>> memory_store::snapshot() const {
  std::lock_guard lock(mutex_);
  return std::unique_ptr<store_snapshot>(std::make_unique<frozen>(*current_));
}

result<revision_number> memory_store::commit(const transaction& change) {
  if (auto good = check(change); !good)
    return good.failure();
  std::lock_guard lock(mutex_);
  for (const auto& wanted : change.expected)
    if (auto found = current_->modified(wanted.family, wanted.key); found != wanted.modified)
      return conflict_on(wanted, found);
  current_->apply(change.mutations);
  unsynced_.push_back(change.mutations);
  if (change.persistence == durability::synced) {
    for (const auto& mutations : unsynced_)
      synced_->apply(mutations);
    unsynced_.clear();
  }
  watchers_->tell(current_->revision, change.mutations);
  return current_->revision;
}

std::unique_ptr<store_watch> memory_store::watch(column_family family, std::string prefix, watch_callback callback) {
  return watchers_->add(family, std::move(prefix), std::move(callback));
}

std::size_t memory_store::unsynced() const {
  std::lock_guard lock(mutex_);
  return unsynced_.size();
}

void memory_store::copy(const memory_store& other) {
  std::scoped_lock lock(mutex_, other.mutex_);
  *current_ = *synced_ = *other.current_;
  unsynced_.clear();
}

void memory_store::crash(std::size_t unsynced_kept) {
  std::lock_guard lock(mutex_);
  unsynced_.resize(std::min(unsynced_kept, unsynced_.size()));
  for (const auto& mutations : unsynced_)
    synced_->apply(mutations);
  unsynced_.clear();
  *current_ = *synced_;
}

} // namespace troupe

#include "storage/rocks_store.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_database.hpp"
#include "storage/watchers.hpp"

#include <mutex>

namespace troupe {

namespace {

// A value on disk is the revision that wrote it (8 bytes, big-endian), then the value. The newest revision of all stands under
// this key of RocksDB's default column family, written with each transaction.
constexpr std::string_view newest_revision_key = "revision";

result<entry> decode(rocksdb::Slice key, rocksdb::Slice stored) {
  if (stored.size() < number_key_size)
    return error{error_code::corrupt, "a stored value is too short to have a revision; restore the data folder from a backup"};
  auto modified = number_from_key({stored.data(), number_key_size});
  stored.remove_prefix(number_key_size);
  return entry{key.ToString(), stored.ToString(), modified};
}

/// Reads for the store and its snapshots.
class rocks_reader {
public:
  rocks_reader(const rocks_database& database, const rocksdb::Snapshot* at) : database_(database) { options_.snapshot = at; }

  result<std::optional<entry>> get(column_family family, std::string_view key) const {
    rocksdb::PinnableSlice value;
    auto status = database_.db().Get(options_, database_.handle(family), rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound())
      return std::optional<entry>{};
    if (!status.ok())
      return database_.failure(status, "read");
    auto found = decode(rocksdb::Slice(key.data(), key.size()), value);
    if (!found)
      return found.failure();
    return std::optional<entry>(std::move(found).value());
  }

  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit, scan_order order) const {
    if (auto good = check_scan_limit(limit); !good)
      return good.failure();
    std::vector<entry> entries;
    if (!range.end.empty() && range.end <= range.first)
      return entries;
    auto options = options_;
    rocksdb::Slice first(range.first), end(range.end);
    options.iterate_lower_bound = range.first.empty() ? nullptr : &first;
    options.iterate_upper_bound = range.end.empty() ? nullptr : &end;
    std::unique_ptr<rocksdb::Iterator> row(database_.db().NewIterator(options, database_.handle(family)));
    bool ascending = order == scan_order::ascending;
    for (ascending ? row->SeekToFirst() : row->SeekToLast(); row->Valid() && entries.size() < limit;
         ascending ? row->Next() : row->Prev()) {
      auto found = decode(row->key(), row->value());
      if (!found)
        return found.failure();
      entries.push_back(std::move(found).value());
    }
    if (!row->status().ok())
      return database_.failure(row->status(), "read");
    return entries;
  }

  /// The newest transaction's revision.
  result<revision_number> revision() const {
    std::string value;
    auto status = database_.db().Get(options_, rocksdb::Slice(newest_revision_key.data(), newest_revision_key.size()), &value);
    if (status.IsNotFound())
      return revision_number{0};
    if (!status.ok())
      return database_.failure(status, "read");
    auto found = decode({}, value);
    if (!found)
      return found.failure();
    return found->modified;
  }

private:
  const rocks_database& database_;
  rocksdb::ReadOptions options_;
};

class rocks_snapshot final : public store_snapshot {
public:
  explicit rocks_snapshot(const rocks_database& database)
    : db_(database.db()), held_(db_.GetSnapshot()), reader_(database, held_) {}
  ~rocks_snapshot() override { db_.ReleaseSnapshot(held_); }

  /// To be called, and to succeed, before anything else.
  result<void> learn_revision() {
    auto found = reader_.revision();
    if (!found)
      return found.failure();
    revision_ = *found;
    return {};
  }

  result<std::optional<entry>> get(column_family family, std::string_view key) const override { return reader_.get(family, key); }
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override {
    return reader_.scan(family, range, limit, order);
  }
  revision_number revision() const override { return revision_; }

private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* held_;
  rocks_reader reader_;
  revision_number revision_ = 0;
};

class rocks_store final : public store {
public:
  rocks_store(std::unique_ptr<rocks_database> database, revision_number newest)
    : database_(std::move(database)), reader_(*database_, nullptr), revision_(newest) {}

  result<std::optional<entry>> get(column_family family, std::string_view key) const override { return reader_.get(family, key); }
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override {
    return reader_.scan(family, range, limit, order);
  }

  result<std::unique_ptr<store_snapshot>> snapshot() const override {
    auto taken = std::make_unique<rocks_snapshot>(*database_);
    if (auto known = taken->learn_revision(); !known)
      return known.failure();
    return std::unique_ptr<store_snapshot>(std::move(taken));
  }

  result<revision_number> commit(const transaction& change) override {
    if (auto good = check(change); !good)
      return good.failure();
    std::lock_guard lock(mutex_);
    if (stopped_)
      return *stopped_;
    if (auto held = check_expected(change.expected); !held)
      return held.failure();
    if (auto status = write(change, revision_ + 1); !status.ok()) {
      // The log may hold the transaction or not: nothing may be built on it before the store is opened again.
      stopped_ = database_->failure(status, "write");
      return *stopped_;
    }
    watchers_->tell(++revision_, change.mutations);
    return revision_;
  }

  std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) override {
    return watchers_->add(family, std::move(prefix), std::move(callback));
  }

private:
  result<void> check_expected(const std::vector<expectation>& expected) const {
    for (const auto& wanted : expected) {
      auto found = reader_.get(wanted.family, wanted.key);
      if (!found)
        return found.failure();
      auto modified = *found ? (*found)->modified : 0;
      if (modified != wanted.modified)
        return conflict_on(wanted, modified);
    }
    return {};
  }

  rocksdb::Status write(const transaction& change, revision_number revision) {
    auto stamp = number_key(revision);
    rocksdb::WriteBatch batch;
    for (const auto& [family, key, value] : change.mutations) {
      auto status =
          value ? batch.Put(database_->handle(family), key, stamp + *value) : batch.Delete(database_->handle(family), key);
      if (!status.ok())
        return status;
    }
    if (auto status = batch.Put(rocksdb::Slice(newest_revision_key.data(), newest_revision_key.size()), stamp); !status.ok())
      return status;
    rocksdb::WriteOptions options;
    options.sync = change.persistence == durability::synced;
    return database_->db().Write(options, &batch);
  }

  std::unique_ptr<rocks_database> database_;
  rocks_reader reader_;
  std::mutex mutex_; // one commit at a time, its watch callbacks included, which keeps them in order
  revision_number revision_;
  std::optional<error> stopped_;
  std::shared_ptr<watchers> watchers_ = std::make_shared<watchers>();
};

} // namespace

result<std::unique_ptr<store>> open_rocks_store(const data_folder& folder) {
  auto database = rocks_database::open(folder.path() / "store");
  if (!database)
    return database.failure();
  auto newest = rocks_reader(**database, nullptr).revision();
  if (!newest)
    return newest.failure();
  return std::unique_ptr<store>(std::make_unique<rocks_store>(std::move(database).value(), *newest));
}

} // namespace troupe

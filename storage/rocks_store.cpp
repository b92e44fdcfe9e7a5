#include "storage/rocks_store.hpp"
#include "storage/file_io.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_reader.hpp"
#include "storage/watchers.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <filesystem>
#include <limits>
#include <mutex>

namespace troupe {

namespace {

/// Without so much free space nothing is written: a disk that fills under RocksDB stops it for longer than the disk is full.
/// Room for what memory holds, which must reach table files even when nothing new is taken.
constexpr std::uint64_t spared_bytes = 4 << 20;

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

/// Without a flush, so that it costs no write of the live store's: the copy gets the log.
result<void> make_checkpoint(const rocks_database& database, const std::filesystem::path& into) {
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(&database.db(), &raw);
  std::unique_ptr<rocksdb::Checkpoint> copier(raw);
  if (status.ok())
    status = copier->CreateCheckpoint(into, std::numeric_limits<std::uint64_t>::max());
  if (!status.ok())
    return database.failure(status, "copy");
  return {};
}

result<std::unique_ptr<store>> opened(result<std::unique_ptr<rocks_database>> database);

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
    if (auto room = check_room(database_->path(), spared_bytes); !room)
      return room.failure();
    if (auto going = resume(); !going)
      return going.failure();
    if (auto held = check_expected(change.expected); !held)
      return held.failure();
    if (auto status = write(change, revision_ + 1); !status.ok()) {
      // The log may hold the transaction or not: nothing may be built on it before RocksDB has given it up.
      stopped_ = database_->failure(status, "write");
      return *stopped_;
    }
    watchers_->tell(++revision_, change.mutations);
    return revision_;
  }

  std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) override {
    return watchers_->add(family, std::move(prefix), std::move(callback));
  }

  result<std::unique_ptr<store>> checkpoint(const std::filesystem::path& into) override {
    if (auto made = make_checkpoint(*database_, into); !made)
      return made.failure();
    return opened(rocks_database::open_read_only(into));
  }

private:
  /// After a failed write: RocksDB puts what it has into table files and begins a new log, so that the failed transaction is gone for
  /// good. It can't if the disk did worse than being full.
  result<void> resume() {
    if (!stopped_)
      return {};
    if (auto status = database_->db().Resume(); !status.ok())
      return *stopped_;
    auto newest = reader_.revision();
    if (!newest)
      return newest.failure();
    revision_ = *newest;
    stopped_.reset();
    return {};
  }

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

result<std::unique_ptr<store>> opened(result<std::unique_ptr<rocks_database>> database) {
  if (!database)
    return database.failure();
  auto newest = rocks_reader(**database, nullptr).revision();
  if (!newest)
    return newest.failure();
  return std::unique_ptr<store>(std::make_unique<rocks_store>(std::move(database).value(), *newest));
}

/// Models are there, and nothing that knows of them: it was lost, or else they would count as needed by nobody.
bool lost_its_store(const data_folder& folder) {
  std::error_code failed; // then the folder isn't there
  return !std::filesystem::exists(folder.path() / "store", failed)
         && std::filesystem::directory_iterator(folder.path() / "blobs", failed) != std::filesystem::directory_iterator();
}

} // namespace

result<std::unique_ptr<store>> open_rocks_store(const data_folder& folder) {
  if (lost_its_store(folder))
    return error{error_code::corrupt,
                 "'" + folder.path().string()
                     + "' has models but no store; restore the data folder from a backup or use another --data"};
  auto path = folder.path() / "store";
  auto made = opened(rocks_database::open(path));
  std::error_code failed; // for who isn't the folder's owner
  if (made)
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed); // it holds keys, and RocksDB hides nothing
  return made;
}

} // namespace troupe

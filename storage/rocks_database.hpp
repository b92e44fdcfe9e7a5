#pragma once

#include "runtime/base/error.hpp"
#include "storage/column_families.hpp"

#include <rocksdb/db.h>

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

namespace troupe {

/// An open RocksDB with our column families.
class rocks_database {
public:
  /// See open_rocks_store. Column families that a later release has added stay as they are.
  static result<std::unique_ptr<rocks_database>> open(const std::filesystem::path& path);
  /// One that nobody else has open, for reading; nothing that matters is changed in it.
  static result<std::unique_ptr<rocks_database>> open_read_only(const std::filesystem::path& path);
  rocks_database(const rocks_database&) = delete;
  ~rocks_database();

  const std::filesystem::path& path() const { return path_; }
  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* handle(column_family family) const { return families_[index_of(family)]; }
  /// What `status` says, for a person; `doing` as in "read".
  error failure(const rocksdb::Status& status, std::string_view doing) const;

private:
  enum class access { read_write, read_only };
  static result<std::unique_ptr<rocks_database>> open(const std::filesystem::path& path, access how);
  rocks_database(std::filesystem::path path, rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> handles);

  std::filesystem::path path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_; // all of them, to be closed before db_
  std::array<rocksdb::ColumnFamilyHandle*, column_families.size()> families_{};
};

} // namespace troupe

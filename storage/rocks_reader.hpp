#pragma once

#include "storage/rocks_database.hpp"
#include "storage/store.hpp"

namespace troupe {

/// The newest revision of all stands under this key of RocksDB's default column family, written with each transaction. What stands
/// under any key is the revision that wrote it (8 bytes, big-endian), then the value.
inline constexpr std::string_view newest_revision_key = "revision";

/// Reads for the store and its snapshots; the answers are store_reader's.
class rocks_reader {
public:
  /// At the snapshot, or the latest if there is none.
  rocks_reader(const rocks_database& database, const rocksdb::Snapshot* at) : database_(database) { options_.snapshot = at; }

  result<std::optional<entry>> get(column_family family, std::string_view key) const;
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit, scan_order order) const;
  /// The newest transaction's.
  result<revision_number> revision() const;

private:
  result<std::optional<entry>> get(rocksdb::ColumnFamilyHandle* family, std::string_view key) const;

  const rocks_database& database_;
  rocksdb::ReadOptions options_;
};

} // namespace troupe

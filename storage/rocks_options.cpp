#include "storage/rocks_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

namespace troupe {

namespace {

constexpr std::size_t block_cache_bytes = 1 << 20;   // of all column families with these options
constexpr std::size_t memtable_bytes = 1 << 20;      // of one column family
constexpr std::size_t memtables_bytes_max = 3 << 20; // of all
constexpr std::size_t arena_block_bytes = 32 << 10;  // each column family holds at least one
constexpr std::size_t log_bytes_max = 8 << 20;       // of the write-ahead log, which is read at start
constexpr std::size_t table_file_bytes = 4 << 20;
constexpr std::size_t info_log_bytes = 1 << 20;
constexpr int open_files_max = 64;

} // namespace

rocksdb::DBOptions rocks_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A torn tail was never acknowledged; anything else that is wrong in the log is damage, and opening must fail.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_total_wal_size = log_bytes_max;
  options.db_write_buffer_size = memtables_bytes_max;
  options.max_background_jobs = 1;
  options.max_open_files = open_files_max;
  options.table_cache_numshardbits = 0;
  options.allow_concurrent_memtable_write = false; // commits come one by one, and each shard costs memory
  options.enable_write_thread_adaptive_yield = false;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = info_log_bytes;
  options.keep_log_file_num = 2;
  return options;
}

rocksdb::ColumnFamilyOptions rocks_family_options() {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(block_cache_bytes, 0);
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5; // what rocks_table_check reads, and every RocksDB since 6.6
  table.checksum = rocksdb::kCRC32c;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = memtable_bytes;
  options.arena_block_size = arena_block_bytes;
  options.target_file_size_base = table_file_bytes;
  options.max_bytes_for_level_base = 4 * table_file_bytes;
  options.compression = rocksdb::kLZ4Compression;
  return options;
}

} // namespace troupe

#pragma once

#include <rocksdb/options.h>

namespace troupe {

/// RocksDB for a small node: a few MB of memory, two background threads, no periodic work, and never an acknowledged write
/// given up silently.
rocksdb::DBOptions rocks_options();
/// One block cache for all that are opened with these very options.
rocksdb::ColumnFamilyOptions rocks_family_options();

} // namespace troupe

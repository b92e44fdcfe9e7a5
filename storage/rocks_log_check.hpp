#pragma once

#include <filesystem>

namespace troupe {

/// Whether one of RocksDB's logs (write-ahead log, MANIFEST) ends as a crash may have ended it. RocksDB takes whatever looks like a record that was
/// cut short for the end of its log, and drops what stands behind it; but a changed bit in a record's header can look like that too, and then
/// synced records would be lost without a word. False: whole records stand where RocksDB would stop reading. Damage that RocksDB finds by itself is
/// true here, as is a file that can't be read. Reads the headers, and the last 32 KiB.
bool ends_as_a_crash_may(const std::filesystem::path& log);

} // namespace troupe

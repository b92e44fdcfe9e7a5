#pragma once

#include <filesystem>

namespace troupe {

/// Whether a table file's properties are what was written. RocksDB 7.8 takes them apart before it looks at their checksum, and Debian builds it with
/// assertions: it would abort the process. True for what it finds by itself, and for files in a format that rocks_options doesn't write. Reads the
/// file's end.
bool has_sound_properties(const std::filesystem::path& table);

} // namespace troupe

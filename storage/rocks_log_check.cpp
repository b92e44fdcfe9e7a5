#include "storage/rocks_log_check.hpp"

#include "storage/rocks_checksum.hpp"

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

// The format: db/log_format.h of RocksDB, unchanged since LevelDB (doc/log_format.md there). A log is blocks of 32 KiB; a block is records that
// don't cross its end: checksum (4 bytes), length (2), type (1), payload; what is left below 7 bytes is zeros.

namespace troupe {

namespace {

constexpr std::size_t block_bytes = 32 << 10;
constexpr std::size_t header_bytes = 7;
constexpr std::uint8_t zero_type = 0;
constexpr std::uint8_t last_plain_type = 4;      // full, first, middle, last
constexpr std::uint8_t last_recyclable_type = 8; // with a longer header; never written, as we recycle no logs

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

struct header {
  explicit header(std::string_view bytes)
    : sum(fixed32(bytes)), length(static_cast<std::size_t>(byte_at(bytes, 4) | byte_at(bytes, 5) << 8)), type(byte_at(bytes, 6)) {
  }

  std::uint32_t sum;
  std::size_t length;
  std::uint8_t type;
};

bool is_plain(std::uint8_t type) {
  return type != zero_type && type <= last_plain_type;
}

/// Whether the bytes begin with a record that is whole, whatever length it says it has.
bool begins_with_some_record(std::string_view bytes) {
  header first(bytes);
  rocks_checksum sum;
  sum.add(bytes[header_bytes - 1]);
  for (auto byte : bytes.substr(header_bytes)) {
    sum.add(byte);
    if (sum.stored() == first.sum)
      return true;
  }
  return false;
}

/// Whether the bytes begin with a record that is whole, and as long as it says.
bool begins_with_a_record(std::string_view bytes) {
  header first(bytes);
  if (!is_plain(first.type) || header_bytes + first.length > bytes.size())
    return false;
  rocks_checksum sum;
  sum.add(bytes.substr(header_bytes - 1, 1 + first.length));
  return sum.stored() == first.sum;
}

/// Whether a record stands in the bytes at which RocksDB would stop reading.
bool hides_a_record(std::string_view bytes) {
  if (bytes.size() < header_bytes)
    return false;
  if (is_plain(header(bytes).type) && begins_with_some_record(bytes))
    return true;
  for (std::size_t at = 1; at + header_bytes <= bytes.size(); ++at)
    if (begins_with_a_record(bytes.substr(at)))
      return true;
  return false;
}

/// The place in the block at which RocksDB would stop reading, or its end.
std::size_t end_of_records(std::string_view block) {
  std::size_t at = 0;
  while (at + header_bytes <= block.size()) {
    header next(block.substr(at));
    bool stops = !is_plain(next.type) && next.type <= last_recyclable_type;
    if (stops || at + header_bytes + next.length > block.size())
      return at;
    at += header_bytes + next.length;
  }
  return block.size();
}

} // namespace

bool ends_as_a_crash_may(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  std::string block(block_bytes, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    std::string_view bytes(block.data(), static_cast<std::size_t>(file.gcount()));
    auto end = end_of_records(bytes);
    if (end < bytes.size() && hides_a_record(bytes.substr(end)))
      return false;
  }
  return true;
}

} // namespace troupe

#include "storage/rocks_table_check.hpp"

#include "storage/rocks_checksum.hpp"

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

// The format: table/format.h of RocksDB. A table file ends with a footer (checksum type, handles of two blocks, version, magic number); the first
// handle leads to the meta index, which leads to the properties. A handle is offset and size as varints. A block is followed by its compression type
// and a checksum over both.

namespace troupe {

namespace {

constexpr std::uint64_t footer_bytes = 53;
constexpr std::size_t version_at = 41;
constexpr std::uint32_t version_written = 5;
constexpr char crc32c = 1;
constexpr std::size_t trailer_bytes = 5;
constexpr std::uint64_t block_bytes_max = 1 << 20; // of properties; a size beyond it is damage
constexpr std::string_view properties_key = "rocksdb.properties";

struct block_handle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Takes a varint off the front; nothing if there is none.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    auto byte = static_cast<std::uint8_t>(bytes[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<block_handle> take_handle(std::string_view bytes) {
  auto offset = take_varint(bytes);
  auto size = offset ? take_varint(bytes) : std::nullopt;
  return size ? std::optional(block_handle{*offset, *size}) : std::nullopt;
}

/// The bytes there, or fewer if the file has not so many.
std::string read_at(std::ifstream& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// The block's content, if it is what its checksum says.
std::optional<std::string> read_block(std::ifstream& file, const block_handle& handle) {
  if (handle.size > block_bytes_max)
    return std::nullopt;
  auto bytes = read_at(file, handle.offset, handle.size + trailer_bytes);
  if (bytes.size() != handle.size + trailer_bytes)
    return std::nullopt;
  rocks_checksum sum;
  sum.add(std::string_view(bytes).substr(0, handle.size + 1));
  if (sum.stored() != fixed32(std::string_view(bytes).substr(handle.size + 1)))
    return std::nullopt;
  bytes.resize(handle.size);
  return bytes;
}

/// Where the properties are, by a meta index that is sound: entries of (shared key bytes, own key bytes, value bytes), key, value.
std::optional<block_handle> find_properties(std::string_view meta_index) {
  while (!meta_index.empty()) {
    auto shared = take_varint(meta_index);
    auto own = shared ? take_varint(meta_index) : std::nullopt;
    auto value = own ? take_varint(meta_index) : std::nullopt;
    if (!value || *shared != 0 || *own > meta_index.size() || *value > meta_index.size() - *own)
      return std::nullopt;
    if (meta_index.substr(0, *own) == properties_key)
      return take_handle(meta_index.substr(*own, *value));
    meta_index.remove_prefix(*own + *value);
  }
  return std::nullopt;
}

} // namespace

bool has_sound_properties(const std::filesystem::path& table) {
  std::error_code failed;
  auto size = std::filesystem::file_size(table, failed);
  std::ifstream file(table, std::ios::binary);
  if (failed || size < footer_bytes)
    return true;
  auto footer = read_at(file, size - footer_bytes, footer_bytes);
  if (footer.size() != footer_bytes || footer[0] != crc32c
      || fixed32(std::string_view(footer).substr(version_at)) != version_written)
    return true;
  auto handle = take_handle(std::string_view(footer).substr(1));
  auto meta_index = handle ? read_block(file, *handle) : std::nullopt;
  if (!meta_index)
    return false;
  auto properties = find_properties(*meta_index);
  return !properties || read_block(file, *properties).has_value();
}

} // namespace troupe

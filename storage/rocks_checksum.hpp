#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// CRC-32C (Castagnoli) as RocksDB stores it, byte by byte: slow, for the little that is checked before RocksDB opens.
class rocks_checksum {
public:
  void add(char byte);
  void add(std::string_view bytes) {
    for (auto byte : bytes)
      add(byte);
  }
  /// Rotated and shifted, so that a checksum over checksums is none.
  std::uint32_t stored() const;

private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

/// 4 bytes, little-endian.
std::uint32_t fixed32(std::string_view bytes);

} // namespace troupe

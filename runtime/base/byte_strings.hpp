#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// The elements of a BYTES tensor, as the Open Inference Protocol's binary extension has them: one after the other, each its length (uint32,
/// little-endian) and so many bytes.
namespace troupe {

/// What a string takes besides its own bytes.
inline constexpr std::size_t byte_string_overhead = sizeof(std::uint32_t);

/// Takes strings off the front of some bytes, whatever they are.
class byte_string_reader {
public:
  byte_string_reader(const std::byte* data, std::uint64_t size) : next_(data), left_(size) {}

  /// The next one, or nothing if what is left is none.
  std::optional<std::string_view> next();
  std::uint64_t left() const { return left_; }

private:
  const std::byte* next_;
  std::uint64_t left_;
};

/// How many bytes the first `count` strings take, or nothing if there are fewer.
std::optional<std::uint64_t> bytes_of_strings(const std::byte* data, std::uint64_t size, std::uint64_t count);

/// `text` has less than 4 GiB.
void append_byte_string(std::string_view text, std::vector<std::byte>& into);

/// What stands for the zeros of other datatypes: the text of a number, for models that read numbers.
inline constexpr std::string_view zero_byte_string = "0";

/// `count` strings "0".
std::vector<std::byte> zero_byte_strings(std::uint64_t count);

} // namespace troupe

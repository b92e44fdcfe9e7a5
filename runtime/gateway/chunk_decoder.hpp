#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Takes the chunks of a body apart as they come in (RFC 9112, section 7.1): hexadecimal sizes, lines that end in CR LF, nothing else.
/// Extensions of a chunk and trailers are skipped, within bounds. Pure.
class chunk_decoder {
public:
  enum class progress { more, whole, bad };

  /// Takes what it can off the front of `bytes`. `more`: either `data` is a piece of the body, or all bytes are taken.
  progress advance(std::string_view& bytes, std::string_view& data);

private:
  ///     size --> data --> data_end --> size …
  ///      `--0--> trailer, until an empty line
  enum class part { size, data, data_end, trailer };

  /// Moves the rest of the line into `line_`; whether it is there, bad if it is too long or doesn't end in CR LF.
  progress take_line(std::string_view& bytes);
  progress on_line();
  progress on_size();

  part part_ = part::size;
  std::string line_;
  std::uint64_t left_ = 0; ///< of the chunk
  std::size_t trailer_bytes_ = 0;
};

} // namespace troupe

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// Bytes of a file.
struct byte_range {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
};

/// A file on its way in pieces: what to ask for next, several at a time, and what of the answers can be written, in order.
class piece_window {
public:
  using piece = std::shared_ptr<const std::string>;

  /// The bytes from `offset` to `total_bytes` are missing. At most `pieces_max` pieces are asked for, held or being written at once.
  piece_window(std::uint64_t offset, std::uint64_t total_bytes, std::uint32_t piece_bytes, std::size_t pieces_max);

  /// What to ask for now; nothing: all was asked for, or enough is under way.
  std::optional<byte_range> next();
  /// What was asked for came; of one that is shorter the rest is asked for again. False, and nothing is taken: it is empty, or longer.
  bool take(const byte_range& asked, piece bytes);
  /// What is to be written next, if it is here.
  std::optional<piece> pop();
  /// What was popped first is written.
  void on_written();
  /// What was asked for and didn't come won't come.
  void ask_anew();

  /// Whether everything is written.
  bool complete() const { return popped_ == total_bytes_ && writing_ == 0; }

private:
  std::uint64_t total_bytes_;
  std::uint32_t piece_bytes_;
  std::size_t pieces_max_;
  std::uint64_t next_;                           ///< what is behind it was never asked for
  std::uint64_t popped_;                         ///< what is before it was popped, or was there
  std::map<std::uint64_t, std::uint32_t> again_; ///< rests of pieces that were too short: offset and bytes
  std::map<std::uint64_t, piece> held_;          ///< by offset
  std::size_t asked_ = 0;
  std::size_t writing_ = 0;
};

} // namespace troupe

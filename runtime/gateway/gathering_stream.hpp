#pragma once

#include "runtime/gateway/passing_stream.hpp"

#include <vector>

namespace troupe {

/// A connection that costs few system calls. Small reads are served from a buffer that one read filled; small writes are gathered and go
/// out together at the end of the loop's turn. What is large goes past both, uncopied.
///
/// A small write is done once it is gathered; but only so much is gathered for a peer that doesn't read: the write after that is done when
/// the peer has taken what came before. A failure to send what was gathered is the failure of every later write. As with KJ's own streams,
/// one read and one write at a time, and the stream outlives their promises. Belongs to one loop's thread.
class gathering_stream final : public passing_stream {
public:
  /// Bytes that one read may buffer once the peer has sent more than `calm_read_bytes` at a time; an idle connection holds the latter.
  static constexpr std::size_t busy_read_bytes = 64 * 1024;
  static constexpr std::size_t calm_read_bytes = 4 * 1024;
  /// Bytes that are gathered at most. A write of more is large.
  static constexpr std::size_t gathered_bytes_max = 16 * 1024;

  explicit gathering_stream(kj::Own<kj::AsyncIoStream> inner);
  /// What is gathered still goes out as far as the socket takes it at once.
  ~gathering_stream() noexcept(false);

  kj::Promise<std::size_t> tryRead(void* to, std::size_t least, std::size_t most) override;
  kj::Promise<void> write(const void* from, std::size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  /// After what is gathered has gone out.
  void shutdownWrite() override;

  /// Whether the kernel has all that was written, or never will.
  bool idle() const { return (phase_ == phase::empty || phase_ == phase::broken) && !writing_through_; }

private:
  ///     empty --write--> gathering --end of turn, or full--> sending --all gone--> empty
  ///                                                             `--failure--> broken
  enum class phase { empty, gathering, sending, broken };

  using byte_pieces = kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>;

  /// Moves buffered bytes to `to`, at most `most`; how many they were.
  std::size_t take(kj::byte* to, std::size_t most);
  kj::Promise<std::size_t> fill_and_take(kj::byte* to, std::size_t least, std::size_t most);

  void gather(byte_pieces pieces);
  /// Sends what is gathered and the pieces in one go; nothing may be on its way.
  kj::Promise<void> write_through(byte_pieces pieces);
  void start_sending();
  /// Until nothing is gathered any more.
  kj::Promise<void> send_all();
  /// One attempt to send what is gathered, made before it returns.
  kj::Promise<void> send_gathered();
  void finish_sending();
  void break_off(kj::Exception&& failure);

  kj::Array<kj::byte> read_buffer_;
  std::size_t unread_begin_ = 0;
  std::size_t unread_end_ = 0;
  bool filled_ = false; ///< by the last read, so that more may wait

  phase phase_ = phase::empty;
  bool writing_through_ = false;
  std::vector<kj::byte> gathered_;
  std::vector<kj::byte> outgoing_; ///< what was gathered, while the socket takes it
  std::vector<kj::ArrayPtr<const kj::byte>> pieces_;
  kj::Maybe<kj::Exception> failure_;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting_write_; ///< until all that was gathered is gone
  kj::Promise<void> sending_ = kj::READY_NOW;                    ///< last: dropped before what it uses
};

} // namespace troupe

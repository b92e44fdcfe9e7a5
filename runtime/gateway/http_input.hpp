#pragma once

#include <kj/async-io.h>

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace troupe {

/// What a client has sent and nobody has used yet. Reads no more than it is asked for and what fits into its buffer, so that a client that
/// sends ahead waits. A connection that breaks ends as one that is closed does. Belongs to one loop's thread.
class http_input {
public:
  /// `on_end`: called when the client sends nothing more.
  http_input(kj::AsyncInputStream& from, std::function<void()> on_end);

  /// Until the next call of anything here but `reading` and `ended`.
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t size);
  bool ended() const { return ended_; }
  /// Whether bytes are on their way into the buffer.
  bool reading() const { return reading_; }

  /// Resolves once more is unread, or at the end.
  kj::Promise<void> more();
  /// Reads on while there is room, so that the end is noticed, until `more` is asked for.
  void read_ahead();
  /// Reads past the buffer, which must have nothing unread and not be read into; fewer bytes at the end.
  kj::Promise<std::size_t> read(char* to, std::size_t size);

private:
  void make_room();
  void start_reading();
  /// Reads once, and on while it is to read ahead.
  kj::Promise<void> fill();
  void on_read(std::size_t count);

  kj::AsyncInputStream& from_;
  std::function<void()> on_end_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
  bool ahead_ = false;
  bool ended_ = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting_;
  kj::Promise<void> task_ = kj::READY_NOW; ///< last: dropped before what it reads into
};

} // namespace troupe

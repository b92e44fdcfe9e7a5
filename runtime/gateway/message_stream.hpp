#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/async-io.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

using message_segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;

/// How much of what came over a stream is still held.
struct held_bytes {
  explicit held_bytes(std::uint64_t most_) : most(most_) {}

  const std::uint64_t most;
  std::uint64_t now = 0;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> room; ///< somebody waits until there is room again
};

/// A message as it came. Held as long as anything of it is read, and let go on its stream's thread, before or after the stream.
class received_message {
public:
  received_message(kj::Array<capnp::word> words, const capnp::ReaderOptions& bounds, std::shared_ptr<held_bytes> held);
  ~received_message();
  received_message(const received_message&) = delete;

  /// Throws, as Cap'n Proto does, what is no message.
  template <class Root>
  typename Root::Reader root() {
    return reader_.getRoot<Root>();
  }

private:
  const kj::Array<capnp::word> words_;
  capnp::FlatArrayMessageReader reader_;
  const std::shared_ptr<held_bytes> held_;
};

/// Whole Cap'n Proto messages over a connection, both ways, framed as Cap'n Proto does in streams. Belongs to one loop's thread.
class message_stream {
public:
  using handler = std::function<void(kj::Own<received_message>)>;

  /// A message that comes has at most so many bytes. While more than that is held of them the other end waits.
  message_stream(kj::Own<kj::AsyncIoStream> stream, std::uint64_t message_bytes_max);
  ~message_stream() noexcept(false);

  /// Sends the message at the end of the loop's turn, together with the others of that turn. Dropped if the connection is broken.
  void send(kj::Own<capnp::MessageBuilder> message);

  /// Gives each message that comes to `take`, until the other end hangs up between two of them. Fails if the connection breaks, whichever way, at what is
  /// no message, and with what `take` throws. Called once; the stream outlives its promise.
  kj::Promise<void> run(handler take);

private:
  struct outgoing {
    kj::Own<capnp::MessageBuilder> message;
    message_segments segments; ///< in it
    std::size_t bytes;         ///< with their table
  };
  ///     idle --send--> sending --all gone--> idle
  ///                       `--failure--> broken
  enum class phase { idle, sending, broken };

  kj::Promise<void> send_all();
  void join_outgoing();
  void break_off(kj::Exception&& failure);

  kj::Promise<void> read_on();
  kj::Promise<void> read_some();
  kj::Promise<void> take_what_came();
  kj::Promise<void> read_large(std::size_t words);
  void hand_over(kj::Array<capnp::word> words);
  void make_room();
  /// Of the next message, from what came of it: at least so many, and exactly if the second is true.
  std::pair<std::size_t, bool> words_of_next(kj::ArrayPtr<const capnp::word> came) const;

  kj::Own<kj::AsyncIoStream> stream_;
  const std::shared_ptr<held_bytes> held_;
  capnp::ReaderOptions bounds_;

  handler take_;
  kj::Array<capnp::word> read_; ///< the bytes from `begin_`, at a word, to `end_` came and aren't handed over yet
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_ = false; ///< by the last read, so that more may wait

  phase phase_ = phase::idle;
  std::vector<outgoing> queue_;
  std::vector<outgoing> outgoing_;
  std::vector<kj::byte> joined_; ///< of the outgoing: those that are small, and the segment tables of the others
  std::vector<kj::ArrayPtr<const kj::byte>> pieces_;
  kj::PromiseFulfillerPair<void> broken_ = kj::newPromiseAndFulfiller<void>();
  kj::Promise<void> sending_ = kj::READY_NOW; ///< last: dropped before what it uses
};

} // namespace troupe

#define BOOST_TEST_MODULE gathering_stream
#include "runtime/base/rng.hpp"
#include "runtime/gateway/gathering_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <kj/async-unix.h>
#include <kj/debug.h>

#include <string>
#include <sys/socket.h>

using namespace troupe;

namespace {

/// What went through to the socket.
struct traffic {
  std::vector<std::size_t> writes; ///< sizes
  std::vector<std::size_t> reads;  ///< most bytes that each was ready to take
  bool reading_aborted = false;
};

/// Passes everything on and notes it.
class noting_stream final : public passing_stream {
public:
  noting_stream(kj::Own<kj::AsyncIoStream> inner, traffic& notes) : passing_stream(kj::mv(inner)), notes_(notes) {}

  kj::Promise<std::size_t> tryRead(void* to, std::size_t least, std::size_t most) override {
    notes_.reads.push_back(most);
    return inner_->tryRead(to, least, most);
  }
  kj::Promise<void> write(const void* from, std::size_t size) override {
    notes_.writes.push_back(size);
    return inner_->write(from, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    std::size_t size = 0;
    for (auto piece : pieces)
      size += piece.size();
    notes_.writes.push_back(size);
    return inner_->write(pieces);
  }
  void abortRead() override {
    notes_.reading_aborted = true;
    inner_->abortRead();
  }

private:
  traffic& notes_;
};

constexpr std::size_t large = 3 * gathering_stream::busy_read_bytes;

std::string letters(std::size_t count, char first = 'a') {
  std::string text(count, ' ');
  for (std::size_t i = 0; i < count; ++i)
    text[i] = static_cast<char>('a' + (static_cast<std::size_t>(first - 'a') + i) % 26);
  return text;
}

/// A stream under test and its peer, over a pair of sockets.
struct fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  traffic notes;
  kj::Own<kj::AsyncIoStream> peer;
  kj::Own<gathering_stream> stream;

  fixture() {
    auto pipe = io.provider->newTwoWayPipe();
    peer = kj::mv(pipe.ends[0]);
    stream = kj::heap<gathering_stream>(kj::heap<noting_stream>(kj::mv(pipe.ends[1]), notes));
  }

  kj::Promise<void> write(const std::string& text) { return stream->write(text.data(), text.size()); }
  /// Written, whatever becomes of it later.
  void write_now(const std::string& text) { write(text).wait(io.waitScope); }
  void peer_sends(const std::string& text) { peer->write(text.data(), text.size()).wait(io.waitScope); }

  /// Fewer bytes than asked for only at the end of the stream.
  std::string read(kj::AsyncIoStream& from, std::size_t count) {
    std::string text(count, ' ');
    text.resize(from.tryRead(text.data(), count, count).wait(io.waitScope));
    return text;
  }
  /// Lets everything run that can, without waiting.
  void turn() {
    for (int i = 0; i < 3; ++i) {
      kj::evalLast([] {}).wait(io.waitScope);
      io.waitScope.poll();
    }
  }
  template <class Work>
  bool fails(Work work) {
    return kj::runCatchingExceptions(work) != nullptr;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gathering_stream_suite, fixture)

BOOST_AUTO_TEST_CASE(small_writes_of_one_turn_go_out_in_one) {
  for (const auto* word : {"one ", "two ", "three"})
    BOOST_TEST(write(word).poll(io.waitScope));
  BOOST_TEST(read(*peer, 13) == "one two three");
  BOOST_TEST(notes.writes == std::vector<std::size_t>{13}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_written_goes_out_without_another_write) {
  write_now("alone");
  BOOST_TEST(read(*peer, 5) == "alone");
  write_now("again");
  BOOST_TEST(read(*peer, 5) == "again");
}

BOOST_AUTO_TEST_CASE(a_large_write_takes_what_was_gathered_with_it_in_order) {
  write_now("before ");
  auto body = letters(gathering_stream::gathered_bytes_max + 1);
  auto written = write(body);
  BOOST_TEST(read(*peer, 7 + body.size()) == "before " + body);
  written.wait(io.waitScope);
  write_now(" after");
  BOOST_TEST(read(*peer, 6) == " after");
  BOOST_TEST(notes.writes == (std::vector<std::size_t>{7 + body.size(), 6}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(writes_of_any_size_arrive_whole_and_in_order_however_slowly_the_peer_reads) {
  rng random(7);
  std::string sent;
  std::string received;
  for (int i = 0; i < 400; ++i) {
    auto text = letters(random.below(20) == 0 ? random.below(100'000) : random.below(2000), static_cast<char>('a' + i % 26));
    sent += text;
    auto written = write(text);
    while (!written.poll(io.waitScope))
      received += read(*peer, std::min<std::size_t>(sent.size() - received.size(), 1 + random.below(30'000)));
    written.wait(io.waitScope);
  }
  received += read(*peer, sent.size() - received.size());
  BOOST_TEST((received == sent));
}

BOOST_AUTO_TEST_CASE(a_peer_that_never_reads_holds_the_writer_up) {
  auto pipe = kj::newTwoWayPipe(); // holds nothing itself
  gathering_stream held(kj::mv(pipe.ends[1]));
  auto text = letters(1000);
  std::size_t accepted = 0;
  auto written = held.write(text.data(), text.size());
  while (written.poll(io.waitScope)) {
    accepted += text.size();
    BOOST_REQUIRE(accepted <= 2 * gathering_stream::gathered_bytes_max);
    written = held.write(text.data(), text.size());
    turn();
  }
  BOOST_TEST(read(*pipe.ends[0], accepted + text.size()).size() == accepted + text.size());
  written.wait(io.waitScope);
}

BOOST_AUTO_TEST_CASE(a_write_that_waits_fails_when_the_peer_hangs_up) {
  auto pipe = kj::newTwoWayPipe();
  gathering_stream held(kj::mv(pipe.ends[1]));
  held.write("x", 1).wait(io.waitScope);
  turn();
  auto body = letters(large);
  auto written = held.write(body.data(), body.size());
  BOOST_TEST(!written.poll(io.waitScope));
  pipe.ends[0] = nullptr;
  BOOST_TEST(fails([&] { written.wait(io.waitScope); }));
}

BOOST_AUTO_TEST_CASE(a_large_write_fails_when_the_peer_hangs_up_in_the_middle) {
  auto body = letters(8 << 20);
  auto written = write(body);
  BOOST_TEST(!written.poll(io.waitScope));
  read(*peer, 1000);
  peer = nullptr;
  BOOST_TEST(fails([&] { written.wait(io.waitScope); }));
}

BOOST_AUTO_TEST_CASE(a_failure_to_send_what_was_gathered_fails_every_later_write) {
  peer = nullptr;
  write_now("gathered before anyone knew");
  turn();
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(fails([&] { write_now("late"); }));
  BOOST_TEST(fails([&] { write_now(letters(large)); }));
  stream->shutdownWrite();
  BOOST_TEST(read(*stream, 1).empty());
}

BOOST_AUTO_TEST_CASE(a_peer_that_hangs_up_is_noticed_without_a_write) {
  auto gone = stream->whenWriteDisconnected();
  BOOST_TEST(!gone.poll(io.waitScope));
  peer = nullptr;
  gone.wait(io.waitScope);
}

BOOST_AUTO_TEST_CASE(one_read_of_the_socket_serves_many_small_ones) {
  peer_sends(letters(2600));
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(read(*stream, 26) == letters(26));
  BOOST_TEST(notes.reads.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_buffer_grows_for_a_peer_that_sends_much_and_shrinks_when_it_falls_silent) {
  auto text = letters(gathering_stream::calm_read_bytes + 26 * 100);
  peer_sends(text);
  for (std::size_t i = 0; i < text.size(); i += 16)
    BOOST_TEST(read(*stream, std::min<std::size_t>(16, text.size() - i)).size() > 0U);
  auto silent = stream->tryRead(text.data(), 1, 1);
  BOOST_TEST(!silent.poll(io.waitScope));
  BOOST_TEST(notes.reads
                 == (std::vector<std::size_t>{gathering_stream::calm_read_bytes, gathering_stream::busy_read_bytes,
                                              gathering_stream::calm_read_bytes}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_large_read_goes_past_the_buffer) {
  auto body = letters(large);
  auto sent = peer->write(body.data(), body.size()).eagerlyEvaluate(nullptr);
  BOOST_TEST(read(*stream, 8) == body.substr(0, 8));
  BOOST_TEST((read(*stream, large - 8) == body.substr(8)));
  sent.wait(io.waitScope);
  BOOST_TEST(notes.reads
                 == (std::vector<std::size_t>{gathering_stream::calm_read_bytes, large - gathering_stream::calm_read_bytes}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reads_of_any_size_give_what_was_sent_in_order) {
  rng random(11);
  auto sent = letters(1 << 20);
  auto sending = peer->write(sent.data(), sent.size()).then([this] { peer->shutdownWrite(); }).eagerlyEvaluate(nullptr);
  std::string received;
  do
    received += read(*stream, 1 + (random.below(10) == 0 ? random.below(100'000) : random.below(500)));
  while (received.size() < sent.size());
  BOOST_TEST((received == sent));
}

BOOST_AUTO_TEST_CASE(a_read_takes_no_more_than_it_may_and_waits_for_no_more_than_it_must) {
  peer_sends("abcdef");
  char text[4];
  BOOST_TEST(stream->tryRead(text, 1, 4).wait(io.waitScope) == 4U);
  BOOST_TEST(std::string(text, 4) == "abcd");
  BOOST_TEST(stream->tryRead(text, 1, 4).wait(io.waitScope) == 2U);
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_in_the_middle_of_a_read_gives_what_there_was) {
  peer_sends("half");
  peer = nullptr;
  BOOST_TEST(read(*stream, 8) == "half");
  BOOST_TEST(read(*stream, 8).empty());
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_in_the_middle_of_a_large_read_gives_what_there_was) {
  peer_sends("header and half");
  peer->shutdownWrite();
  BOOST_TEST(read(*stream, 7) == "header ");
  BOOST_TEST(read(*stream, large) == "and half");
}

BOOST_AUTO_TEST_CASE(the_end_of_writing_comes_after_what_was_gathered_and_reading_goes_on) {
  write_now("the last words");
  stream->shutdownWrite();
  BOOST_TEST(read(*peer, 100) == "the last words");
  peer_sends("an answer");
  BOOST_TEST(read(*stream, 9) == "an answer");
}

BOOST_AUTO_TEST_CASE(the_end_of_writing_waits_for_a_peer_that_reads_slowly) {
  auto pipe = kj::newTwoWayPipe();
  gathering_stream slow(kj::mv(pipe.ends[1]));
  slow.write("one", 3).wait(io.waitScope);
  turn();
  slow.write("two", 3).wait(io.waitScope);
  slow.shutdownWrite();
  BOOST_TEST(read(*pipe.ends[0], 100) == "onetwo");
}

BOOST_AUTO_TEST_CASE(the_end_of_writing_with_nothing_gathered_is_told_at_once) {
  stream->shutdownWrite();
  BOOST_TEST(read(*peer, 1).empty());
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_dropped_still_sends_what_it_gathered) {
  write_now("goodbye");
  stream = nullptr;
  BOOST_TEST(read(*peer, 100) == "goodbye");
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_dropped_after_its_peer_raises_nothing) {
  write_now("goodbye");
  peer = nullptr;
  stream = nullptr;
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_dropped_with_a_read_and_a_write_under_way) {
  auto body = letters(8 << 20);
  char text[8];
  {
    auto reading = stream->tryRead(text, 8, 8);
    auto writing = write(body);
    BOOST_TEST(!reading.poll(io.waitScope));
    BOOST_TEST(!writing.poll(io.waitScope));
  }
  stream = nullptr;
}

BOOST_AUTO_TEST_CASE(an_end_of_reading_is_passed_on) {
  stream->abortRead();
  BOOST_TEST(notes.reading_aborted);
}

BOOST_AUTO_TEST_SUITE_END()

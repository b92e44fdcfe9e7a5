#define BOOST_TEST_MODULE message_stream
#include "runtime/base/rng.hpp"
#include "runtime/gateway/message_stream.hpp"
#include "runtime/gateway/passing_stream.hpp"
#include "schemas/forward.capnp.h"

#include <boost/test/unit_test.hpp>

#include <capnp/serialize.h>
#include <kj/debug.h>

#include <string>
#include <vector>

using namespace troupe;

namespace {

constexpr std::uint64_t bytes_max = 1 << 20;
constexpr std::size_t large = 200'000;

/// A message of about so many bytes, in at least so many segments.
kj::Own<capnp::MallocMessageBuilder> message_of(std::uint64_t number, std::size_t bytes, unsigned segments = 1) {
  auto strategy = segments > 1 ? capnp::AllocationStrategy::FIXED_SIZE : capnp::AllocationStrategy::GROW_HEURISTICALLY;
  auto message = kj::heap<capnp::MallocMessageBuilder>(16, strategy);
  auto root = message->initRoot<schema::ForwardMessage>();
  root.setNumber(number);
  for (auto each : root.initAnswer().initOutputs(segments)) {
    auto data = each.initData(static_cast<unsigned>(bytes / segments));
    std::fill(data.begin(), data.end(), static_cast<kj::byte>(number));
  }
  return message;
}

/// "7:3000": its number, and the bytes in it, which must be as they were sent.
std::string told_by(received_message& message) {
  auto root = message.root<schema::ForwardMessage>();
  std::size_t bytes = 0;
  for (auto output : root.getAnswer().getOutputs())
    for (auto byte : output.getData()) {
      BOOST_REQUIRE(byte == static_cast<kj::byte>(root.getNumber()));
      ++bytes;
    }
  return std::to_string(root.getNumber()) + ":" + std::to_string(bytes);
}

std::vector<kj::byte> bytes_of(capnp::MessageBuilder& message) {
  auto flat = capnp::messageToFlatArray(message);
  return {flat.asBytes().begin(), flat.asBytes().end()};
}

/// Counts the writes that reach it.
class counting_stream final : public passing_stream {
public:
  counting_stream(kj::Own<kj::AsyncIoStream> inner, int& writes) : passing_stream(kj::mv(inner)), writes_(writes) {}

  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    ++writes_;
    return inner_->write(pieces);
  }

private:
  int& writes_;
};

/// A stream under test, which notes what comes, and the socket at its other end.
struct fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Own<kj::AsyncIoStream> other;
  kj::Own<message_stream> stream;
  int writes = 0;
  std::vector<std::string> came;
  std::vector<kj::Own<received_message>> held; ///< if `holds`
  bool holds = false;
  kj::Promise<void> running = nullptr;

  fixture() { begin(); }
  ~fixture() { end(); }

  /// A new connection; the one before is over.
  void begin() {
    end();
    auto pipe = io.provider->newTwoWayPipe();
    other = kj::mv(pipe.ends[0]);
    stream = kj::heap<message_stream>(kj::heap<counting_stream>(kj::mv(pipe.ends[1]), writes), bytes_max);
    running = stream->run([this](kj::Own<received_message> message) {
      came.push_back(told_by(*message));
      if (holds)
        held.push_back(kj::mv(message));
    });
  }
  void end() {
    running = nullptr;
    held.clear();
  }

  void other_sends(const std::vector<kj::byte>& bytes) {
    other->write(bytes.data(), bytes.size()).exclusiveJoin(still_running()).wait(io.waitScope);
    poll();
  }
  void other_sends(kj::Own<capnp::MallocMessageBuilder> message) { other_sends(bytes_of(*message)); }
  void poll() {
    for (int i = 0; i < 5; ++i)
      io.waitScope.poll();
  }
  /// Why it ended, "" if in order.
  std::string ended() {
    auto failure = kj::runCatchingExceptions([this] { running.wait(io.waitScope); });
    running = nullptr;
    KJ_IF_MAYBE (why, failure)
      return why->getDescription().cStr();
    return "";
  }

private:
  /// Lets the stream read while the test writes.
  kj::Promise<void> still_running() {
    auto forked = running.fork();
    running = forked.addBranch();
    return forked.addBranch().then([]() -> kj::Promise<void> { return kj::NEVER_DONE; },
                                   [](kj::Exception&&) -> kj::Promise<void> { return kj::READY_NOW; });
  }
};

/// Two streams, each the other's end.
struct pair_fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Own<message_stream> ends[2];
  std::vector<std::string> came[2];
  std::vector<kj::Promise<void>> running;

  pair_fixture() {
    auto pipe = io.provider->newTwoWayPipe();
    for (int i = 0; i < 2; ++i) {
      ends[i] = kj::heap<message_stream>(kj::mv(pipe.ends[i]), bytes_max);
      running.push_back(ends[i]
                            ->run([this, i](kj::Own<received_message> message) { came[i].push_back(told_by(*message)); })
                            .eagerlyEvaluate(nullptr));
    }
  }
  ~pair_fixture() { running.clear(); }
  void await(int end, std::size_t count) {
    while (came[end].size() < count)
      kj::evalLast([] {}).wait(io.waitScope), io.waitScope.poll();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(reading, fixture)

BOOST_AUTO_TEST_CASE(what_is_no_message_ends_the_connection) {
  other_sends(std::vector<kj::byte>(64, 0xFF));
  BOOST_TEST(ended().find("no message") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_larger_than_allowed_is_refused_before_it_has_come) {
  auto bytes = bytes_of(*message_of(1, bytes_max + 8));
  bytes.resize(16);
  other_sends(bytes);
  BOOST_TEST(ended().find("larger than a message may be") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_in_the_middle_of_a_message_is_a_failure_wherever_it_is) {
  auto whole = bytes_of(*message_of(1, large));
  for (std::size_t part : {std::size_t(3), std::size_t(8), std::size_t(9), std::size_t(5000), whole.size() - 1}) {
    begin();
    other_sends(std::vector<kj::byte>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(part)));
    other->shutdownWrite();
    BOOST_TEST(!ended().empty(), part << " bytes");
    BOOST_TEST(came.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_end_between_messages_is_none) {
  other_sends(message_of(1, 10));
  other->shutdownWrite();
  BOOST_TEST(ended().empty());
  BOOST_TEST(came == std::vector<std::string>{"1:10"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_handler_throws_ends_the_connection) {
  auto pipe = io.provider->newTwoWayPipe();
  message_stream picky(kj::mv(pipe.ends[0]), bytes_max);
  auto ran = picky.run([](const kj::Own<received_message>&) { KJ_FAIL_REQUIRE("not that one"); });
  auto bytes = bytes_of(*message_of(1, 10));
  pipe.ends[1]->write(bytes.data(), bytes.size()).wait(io.waitScope);
  auto failure = kj::runCatchingExceptions([&] { ran.wait(io.waitScope); });
  BOOST_REQUIRE(failure != nullptr);
}

BOOST_AUTO_TEST_CASE(messages_come_whole_however_they_are_cut) {
  std::vector<kj::byte> all;
  std::vector<std::string> expected;
  for (std::uint64_t number = 1; number <= 40; ++number) {
    auto size = number % 7 == 0 ? large : number * 97;
    auto segments = number % 5 == 0 ? 9U : 1U;
    auto message = message_of(number, size, segments);
    expected.push_back(std::to_string(number) + ":" + std::to_string(size / segments * segments));
    auto bytes = bytes_of(*message);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  rng random(5);
  for (std::size_t at = 0; at < all.size();) {
    auto size = std::min<std::size_t>(all.size() - at, 1 + random.below(random.below(10) == 0 ? 150'000 : 700));
    other_sends({all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(at + size)});
    at += size;
  }
  other->shutdownWrite();
  BOOST_TEST(ended().empty());
  BOOST_TEST(came == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(while_too_much_is_held_the_other_end_waits) {
  holds = true;
  std::vector<kj::byte> all;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    auto bytes = bytes_of(*message_of(number, bytes_max / 3));
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  auto written = other->write(all.data(), all.size()).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 100; ++i)
    poll();
  BOOST_TEST(came.size() == 3U); // a little over a third each
  while (came.size() < 6) {
    held.clear();
    poll();
  }
  written.wait(io.waitScope);
  other->shutdownWrite();
  held.clear();
  BOOST_TEST(ended().empty());
}

BOOST_AUTO_TEST_CASE(a_message_may_outlive_its_stream) {
  holds = true;
  other_sends(message_of(9, 3000));
  BOOST_REQUIRE(held.size() == 1U);
  running = nullptr;
  stream = nullptr;
  BOOST_TEST(told_by(*held[0]) == "9:3000");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(sending, fixture)

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_while_it_sends_has_ended_and_takes_no_more) {
  other = nullptr;
  stream->send(message_of(1, large));
  BOOST_TEST(!ended().empty());
  stream->send(message_of(2, large));
}

BOOST_AUTO_TEST_CASE(messages_of_one_turn_go_out_in_one_write) {
  for (std::uint64_t number = 1; number <= 5; ++number)
    stream->send(message_of(number, 100));
  poll();
  BOOST_TEST(writes == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(small_and_large_messages_arrive_in_order_both_ways, pair_fixture) {
  std::vector<std::string> expected;
  rng random(8);
  constexpr std::size_t count = 60;
  for (std::uint64_t number = 1; number <= count; ++number) {
    std::size_t size = random.below(4) == 0 ? 15'000 + random.below(large) : random.below(400);
    expected.push_back(std::to_string(number) + ":" + std::to_string(size));
    for (auto& end : ends)
      end->send(message_of(number, size));
    if (random.below(3) == 0)
      io.waitScope.poll();
  }
  for (int i = 0; i < 2; ++i) {
    await(i, count);
    BOOST_TEST(came[i] == expected, boost::test_tools::per_element());
  }
}

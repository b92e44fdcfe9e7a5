#include "runtime/gateway/message_stream.hpp"

#include "runtime/gateway/gathering_stream.hpp"

#include <capnp/endian.h>
#include <kj/debug.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe {

namespace {

constexpr auto calm_read_bytes = gathering_stream::calm_read_bytes;
constexpr auto busy_read_bytes = gathering_stream::busy_read_bytes;
/// A message of more goes out from where it lies.
constexpr auto small_bytes_max = gathering_stream::gathered_bytes_max;
/// As Cap'n Proto's own readers have it.
constexpr std::size_t segments_max = 512;

std::size_t table_bytes(std::size_t segments) {
  return (segments / 2 + 1) * sizeof(capnp::word);
}

void append(std::vector<kj::byte>& to, const void* from, std::size_t size) {
  auto first = static_cast<const kj::byte*>(from);
  to.insert(to.end(), first, first + size);
}

void append_table(std::vector<kj::byte>& to, message_segments segments) {
  auto end = to.size() + table_bytes(segments.size());
  auto put = [&to](std::size_t number) {
    capnp::_::WireValue<std::uint32_t> little;
    little.set(static_cast<std::uint32_t>(number));
    append(to, &little, sizeof little);
  };
  put(segments.size() - 1);
  for (auto each : segments)
    put(each.size());
  to.resize(end);
}

} // namespace

received_message::received_message(kj::Array<capnp::word> words, const capnp::ReaderOptions& bounds,
                                   std::shared_ptr<held_bytes> held)
  : words_(kj::mv(words)), reader_(words_, bounds), held_(std::move(held)) {
  held_->now += words_.asBytes().size();
}

received_message::~received_message() {
  held_->now -= words_.asBytes().size();
  if (held_->now > held_->most)
    return;
  KJ_IF_MAYBE (room, held_->room) {
    (*room)->fulfill();
    held_->room = nullptr;
  }
}

message_stream::message_stream(kj::Own<kj::AsyncIoStream> stream, std::uint64_t message_bytes_max)
  : stream_(kj::mv(stream)), held_(std::make_shared<held_bytes>(message_bytes_max)) {
  bounds_.traversalLimitInWords = message_bytes_max / sizeof(capnp::word);
}

message_stream::~message_stream() noexcept(false) {
  held_->room = nullptr;
}

void message_stream::send(kj::Own<capnp::MessageBuilder> message) {
  if (phase_ == phase::broken)
    return;
  auto segments = message->getSegmentsForOutput();
  queue_.push_back({kj::mv(message), segments, capnp::computeSerializedSizeInWords(segments) * sizeof(capnp::word)});
  if (phase_ != phase::idle)
    return;
  phase_ = phase::sending;
  sending_ = kj::evalLast([this] { return send_all(); }).eagerlyEvaluate([this](kj::Exception&& why) { break_off(kj::mv(why)); });
}

kj::Promise<void> message_stream::send_all() {
  outgoing_.clear();
  std::swap(outgoing_, queue_);
  if (outgoing_.empty()) {
    phase_ = phase::idle;
    if (joined_.capacity() > busy_read_bytes)
      joined_ = {};
    return kj::READY_NOW;
  }
  join_outgoing();
  return stream_->write(kj::arrayPtr(pieces_.data(), pieces_.size())).then([this] { return send_all(); });
}

void message_stream::join_outgoing() {
  auto is_small = [](const outgoing& each) { return each.bytes <= small_bytes_max; };
  std::size_t joined = 0;
  for (const auto& each : outgoing_)
    joined += is_small(each) ? each.bytes : table_bytes(each.segments.size());
  pieces_.clear();
  joined_.clear();
  joined_.reserve(joined); // so that the pieces stay where they are
  std::size_t begin = 0;
  auto end_piece = [&] {
    if (joined_.size() > begin)
      pieces_.push_back(kj::arrayPtr(joined_.data() + begin, joined_.size() - begin));
    begin = joined_.size();
  };
  for (const auto& each : outgoing_) {
    append_table(joined_, each.segments);
    if (!is_small(each))
      end_piece();
    for (auto segment : each.segments)
      if (is_small(each))
        append(joined_, segment.begin(), segment.asBytes().size());
      else
        pieces_.push_back(segment.asBytes());
  }
  end_piece();
}

void message_stream::break_off(kj::Exception&& failure) {
  phase_ = phase::broken;
  queue_.clear();
  broken_.fulfiller->reject(kj::mv(failure));
}

kj::Promise<void> message_stream::run(handler take) {
  take_ = std::move(take);
  return read_on().exclusiveJoin(kj::mv(broken_.promise));
}

kj::Promise<void> message_stream::read_on() {
  if (held_->now <= held_->most)
    return read_some();
  auto room = kj::newPromiseAndFulfiller<void>();
  held_->room = kj::mv(room.fulfiller);
  return room.promise.then([this] { return read_on(); });
}

kj::Promise<void> message_stream::read_some() {
  make_room();
  auto bytes = read_.asBytes();
  return stream_->tryRead(bytes.begin() + end_, 1, bytes.size() - end_).then([this](std::size_t count) -> kj::Promise<void> {
    KJ_REQUIRE(count > 0 || end_ == begin_, "the other end hung up in the middle of a message");
    if (count == 0)
      return kj::READY_NOW;
    end_ += count;
    filled_ = end_ == read_.asBytes().size();
    return take_what_came();
  });
}

void message_stream::make_room() {
  auto left = read_.asBytes().slice(begin_, end_);
  auto bytes = filled_ ? busy_read_bytes : left.size() == 0 ? calm_read_bytes : read_.asBytes().size();
  if (bytes == read_.asBytes().size()) {
    std::memmove(read_.asBytes().begin(), left.begin(), left.size());
  } else {
    auto next = kj::heapArray<capnp::word>(bytes / sizeof(capnp::word));
    std::copy(left.begin(), left.end(), next.asBytes().begin());
    read_ = kj::mv(next);
  }
  begin_ = 0;
  end_ = left.size();
}

kj::Promise<void> message_stream::take_what_came() {
  for (;;) {
    auto came = read_.slice(begin_ / sizeof(capnp::word), end_ / sizeof(capnp::word));
    auto [words, is_exact] = words_of_next(came);
    if (is_exact && words <= came.size()) {
      auto whole = kj::heapArray<capnp::word>(words);
      std::memcpy(whole.begin(), came.begin(), whole.asBytes().size());
      begin_ += whole.asBytes().size();
      hand_over(kj::mv(whole));
      continue;
    }
    return is_exact && words > read_.size() ? read_large(words) : read_on();
  }
}

std::pair<std::size_t, bool> message_stream::words_of_next(kj::ArrayPtr<const capnp::word> came) const {
  if (came.size() == 0)
    return {1, false};
  auto segments = reinterpret_cast<const capnp::_::WireValue<std::uint32_t>*>(came.begin())->get() + std::size_t(1);
  KJ_REQUIRE(segments <= segments_max, "what came is no message");
  auto words = capnp::expectedSizeInWordsFromPrefix(came);
  KJ_REQUIRE(words <= bounds_.traversalLimitInWords, "what came is larger than a message may be");
  return {words, came.asBytes().size() >= table_bytes(segments)};
}

kj::Promise<void> message_stream::read_large(std::size_t words) {
  auto whole = kj::heapArray<capnp::word>(words);
  auto came = end_ - begin_;
  std::memcpy(whole.asBytes().begin(), read_.asBytes().begin() + begin_, came);
  begin_ = end_ = 0;
  auto rest = whole.asBytes().slice(came, whole.asBytes().size());
  return stream_->read(rest.begin(), rest.size()).then([this, whole = kj::mv(whole)]() mutable {
    hand_over(kj::mv(whole));
    return read_on();
  });
}

void message_stream::hand_over(kj::Array<capnp::word> words) {
  take_(kj::heap<received_message>(kj::mv(words), bounds_, held_));
}

} // namespace troupe

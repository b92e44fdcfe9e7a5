#include "runtime/gateway/gathering_stream.hpp"

#include <algorithm>
#include <cstring>

namespace troupe {

namespace {

/// A read that wants at least this much goes past the buffer: the copy would cost more than a system call.
constexpr std::size_t large_read_bytes = 16 * 1024;

std::size_t size_of(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  std::size_t size = 0;
  for (auto piece : pieces)
    size += piece.size();
  return size;
}

} // namespace

gathering_stream::gathering_stream(kj::Own<kj::AsyncIoStream> inner) : passing_stream(kj::mv(inner)) {}

gathering_stream::~gathering_stream() noexcept(false) {
  if (phase_ == phase::gathering)
    (void)send_gathered();
}

kj::Promise<std::size_t> gathering_stream::tryRead(void* to, std::size_t least, std::size_t most) {
  auto* next = static_cast<kj::byte*>(to);
  auto taken = take(next, most);
  if (taken >= least)
    return taken;
  auto missing = least - taken;
  auto add = [taken](std::size_t count) { return taken + count; };
  if (missing < large_read_bytes)
    return fill_and_take(next + taken, missing, most - taken).then(kj::mv(add));
  filled_ = false;
  return inner_->tryRead(next + taken, missing, most - taken).then(kj::mv(add));
}

std::size_t gathering_stream::take(kj::byte* to, std::size_t most) {
  auto count = std::min(most, unread_end_ - unread_begin_);
  if (count > 0)
    std::memcpy(to, read_buffer_.begin() + unread_begin_, count);
  unread_begin_ += count;
  return count;
}

kj::Promise<std::size_t> gathering_stream::fill_and_take(kj::byte* to, std::size_t least, std::size_t most) {
  auto size = std::max(least, filled_ ? busy_read_bytes : calm_read_bytes);
  if (read_buffer_.size() != size)
    read_buffer_ = kj::heapArray<kj::byte>(size);
  return inner_->tryRead(read_buffer_.begin(), least, size).then([this, to, most](std::size_t count) {
    unread_begin_ = 0;
    unread_end_ = count;
    filled_ = count == read_buffer_.size();
    return take(to, most);
  });
}

kj::Promise<void> gathering_stream::write(const void* from, std::size_t size) {
  auto piece = kj::heapArray<kj::ArrayPtr<const kj::byte>>(1);
  piece[0] = kj::arrayPtr(static_cast<const kj::byte*>(from), size);
  auto written = write(piece);
  return written.attach(kj::mv(piece));
}

kj::Promise<void> gathering_stream::write(byte_pieces pieces) {
  KJ_IF_MAYBE (failure, failure_)
    return kj::cp(*failure);
  if (gathered_.size() + size_of(pieces) <= gathered_bytes_max) {
    gather(pieces);
    return kj::READY_NOW;
  }
  if (phase_ != phase::sending)
    return write_through(pieces);
  auto gone = kj::newPromiseAndFulfiller<void>();
  waiting_write_ = kj::mv(gone.fulfiller);
  return gone.promise.then([this, pieces] { return write(pieces); });
}

void gathering_stream::gather(byte_pieces pieces) {
  for (auto piece : pieces)
    gathered_.insert(gathered_.end(), piece.begin(), piece.end());
  if (phase_ != phase::empty)
    return;
  phase_ = phase::gathering;
  sending_ = kj::evalLast([this] { return send_all(); }).eagerlyEvaluate([this](kj::Exception&& e) { break_off(kj::mv(e)); });
}

kj::Promise<void> gathering_stream::write_through(byte_pieces pieces) {
  phase_ = phase::empty;
  sending_ = kj::READY_NOW;
  outgoing_.clear();
  std::swap(outgoing_, gathered_);
  pieces_.clear();
  pieces_.push_back(kj::arrayPtr(outgoing_.data(), outgoing_.size()));
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  auto written = inner_->write(kj::arrayPtr(pieces_.data(), pieces_.size()));
  writing_through_ = true;
  return written.attach(kj::defer([this] { writing_through_ = false; }));
}

kj::Promise<void> gathering_stream::send_all() {
  phase_ = phase::sending;
  if (gathered_.empty()) {
    finish_sending();
    return kj::READY_NOW;
  }
  return send_gathered().then([this] { return send_all(); });
}

kj::Promise<void> gathering_stream::send_gathered() {
  outgoing_.clear();
  std::swap(outgoing_, gathered_);
  return kj::evalNow([this] { return inner_->write(outgoing_.data(), outgoing_.size()); });
}

void gathering_stream::finish_sending() {
  phase_ = phase::empty;
  KJ_IF_MAYBE (waiting, waiting_write_) {
    (*waiting)->fulfill();
    waiting_write_ = nullptr;
  }
}

void gathering_stream::break_off(kj::Exception&& failure) {
  phase_ = phase::broken;
  gathered_.clear();
  KJ_IF_MAYBE (waiting, waiting_write_) {
    (*waiting)->reject(kj::cp(failure));
    waiting_write_ = nullptr;
  }
  failure_ = kj::mv(failure);
}

void gathering_stream::shutdownWrite() {
  if (phase_ == phase::empty)
    return inner_->shutdownWrite();
  if (phase_ == phase::broken)
    return;
  if (phase_ == phase::gathering)
    sending_ = send_all();
  sending_ =
      sending_.then([this] { inner_->shutdownWrite(); }).eagerlyEvaluate([this](kj::Exception&& e) { break_off(kj::mv(e)); });
}

} // namespace troupe

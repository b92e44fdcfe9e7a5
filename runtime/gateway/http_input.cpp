#include "runtime/gateway/http_input.hpp"

#include <cstring>

namespace troupe {

namespace {

/// What an idle connection holds. A head that needs more gets it.
constexpr std::size_t calm_bytes = 4 * 1024;

} // namespace

http_input::http_input(kj::AsyncInputStream& from, std::function<void()> on_end)
  : from_(from), on_end_(std::move(on_end)), buffer_(calm_bytes) {}

void http_input::consume(std::size_t size) {
  begin_ += size;
}

kj::Promise<void> http_input::more() {
  ahead_ = false;
  if (ended_)
    return kj::READY_NOW;
  auto waiting = kj::newPromiseAndFulfiller<void>();
  waiting_ = kj::mv(waiting.fulfiller);
  if (!reading_) {
    make_room();
    start_reading();
  }
  return kj::mv(waiting.promise);
}

void http_input::read_ahead() {
  ahead_ = true;
  if (reading_ || ended_)
    return;
  if (begin_ == end_)
    make_room();
  if (end_ < buffer_.size())
    start_reading();
}

kj::Promise<std::size_t> http_input::read(char* to, std::size_t size) {
  return from_.tryRead(to, size, size).then([this, size](std::size_t count) {
    ended_ = ended_ || count < size;
    return count;
  });
}

void http_input::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > calm_bytes)
      buffer_ = std::vector<char>(calm_bytes);
  }
  if (end_ < buffer_.size())
    return;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else {
    buffer_.resize(buffer_.size() * 2);
  }
}

void http_input::start_reading() {
  task_ = fill().eagerlyEvaluate([this](kj::Exception&&) { on_read(0); });
}

kj::Promise<void> http_input::fill() {
  reading_ = true;
  return from_.tryRead(buffer_.data() + end_, 1, buffer_.size() - end_).then([this](std::size_t count) -> kj::Promise<void> {
    on_read(count);
    if (ahead_ && !ended_ && end_ < buffer_.size())
      return fill();
    return kj::READY_NOW;
  });
}

void http_input::on_read(std::size_t count) {
  reading_ = false;
  ended_ = count == 0;
  end_ += count;
  KJ_IF_MAYBE (waiting, waiting_) {
    auto woken = kj::mv(*waiting);
    waiting_ = nullptr;
    woken->fulfill();
  }
  if (ended_)
    on_end_();
}

} // namespace troupe

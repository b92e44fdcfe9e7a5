#include "runtime/policy/piece_window.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

piece_window::piece_window(std::uint64_t offset, std::uint64_t total_bytes, std::uint32_t piece_bytes, std::size_t pieces_max)
  : total_bytes_(total_bytes), piece_bytes_(piece_bytes), pieces_max_(pieces_max), next_(offset), popped_(offset) {}

std::optional<byte_range> piece_window::next() {
  if (asked_ + held_.size() + writing_ >= pieces_max_)
    return std::nullopt;
  byte_range range{next_, static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_bytes_, total_bytes_ - next_))};
  if (!again_.empty()) {
    range = {again_.begin()->first, again_.begin()->second}; // the first: what is held behind it waits for it
    again_.erase(again_.begin());
  } else if (range.bytes == 0) {
    return std::nullopt;
  } else {
    next_ += range.bytes;
  }
  ++asked_;
  return range;
}

bool piece_window::take(const byte_range& asked, piece bytes) {
  if (bytes == nullptr || bytes->empty() || bytes->size() > asked.bytes)
    return false;
  --asked_;
  auto got = static_cast<std::uint32_t>(bytes->size());
  held_[asked.offset] = std::move(bytes);
  if (got < asked.bytes)
    again_[asked.offset + got] = asked.bytes - got;
  return true;
}

std::optional<piece_window::piece> piece_window::pop() {
  auto first = held_.find(popped_);
  if (first == held_.end())
    return std::nullopt;
  auto bytes = std::move(first->second);
  held_.erase(first);
  popped_ += bytes->size();
  ++writing_;
  return bytes;
}

void piece_window::on_written() {
  --writing_;
}

void piece_window::ask_anew() {
  asked_ = 0;
  held_.clear();
  again_.clear();
  next_ = popped_;
}

} // namespace troupe

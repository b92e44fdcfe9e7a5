#include "runtime/gateway/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t line_bytes_max = 1024;
constexpr std::size_t trailer_bytes_max = 8 * 1024;
constexpr std::size_t size_digits_max = 15; // so that it fits into 64 bits

} // namespace

chunk_decoder::progress chunk_decoder::advance(std::string_view& bytes, std::string_view& data) {
  data = {};
  while (!bytes.empty()) {
    if (part_ == part::data) {
      data = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
      bytes.remove_prefix(data.size());
      left_ -= data.size();
      part_ = left_ == 0 ? part::data_end : part::data;
      return progress::more;
    }
    if (auto found = take_line(bytes); found != progress::whole)
      return found;
    if (auto found = on_line(); found != progress::more)
      return found;
  }
  return progress::more;
}

chunk_decoder::progress chunk_decoder::take_line(std::string_view& bytes) {
  auto end = bytes.find('\n');
  auto taken = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
  if (line_.size() + taken.size() > line_bytes_max)
    return progress::bad;
  line_ += taken;
  bytes.remove_prefix(taken.size());
  if (end == std::string_view::npos)
    return progress::more;
  return line_.size() >= 2 && line_[line_.size() - 2] == '\r' ? progress::whole : progress::bad;
}

chunk_decoder::progress chunk_decoder::on_line() {
  auto size = line_.size();
  switch (part_) {
  case part::size: return on_size();
  case part::data_end: part_ = part::size; break;
  case part::trailer:
  case part::data: trailer_bytes_ += size; break;
  }
  line_.clear();
  if (part_ == part::size)
    return size == 2 ? progress::more : progress::bad;
  if (trailer_bytes_ > trailer_bytes_max)
    return progress::bad;
  return size == 2 ? progress::whole : progress::more;
}

chunk_decoder::progress chunk_decoder::on_size() {
  auto line = std::exchange(line_, {});
  auto end = line.data() + std::min(line.find_first_of(";\r"), line.size());
  auto digits = static_cast<std::size_t>(end - line.data());
  auto parsed = std::from_chars(line.data(), end, left_, 16);
  if (digits == 0 || digits > size_digits_max || parsed.ptr != end || line.find('\r') != line.size() - 2)
    return progress::bad;
  part_ = left_ == 0 ? part::trailer : part::data;
  return progress::more;
}

} // namespace troupe

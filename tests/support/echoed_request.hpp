#pragma once

#include "runtime/base/element.hpp"
#include "runtime/oip/infer_answer.hpp"
#include "runtime/oip/infer_query.hpp"

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

/// What the answer of a model that gives what it takes becomes if it is sent as a request.
namespace troupe {

/// A body in memory of its own size, with readable bytes behind it that look as much like JSON's end as they can.
class padded_body {
public:
  explicit padded_body(std::string_view body) : bytes_(new char[body.size() + infer_body_padding]), size_(body.size()) {
    std::memset(bytes_.get(), '}', size_ + infer_body_padding);
    body.copy(bytes_.get(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// The request whose inputs are the answer's outputs.
inline infer_answer as_request(infer_answer answer) {
  constexpr std::string_view outputs = "\"outputs\":[";
  constexpr std::string_view inputs = "\"inputs\":[";
  auto at = answer.body.find(outputs); // the id, which stands before it, has no quote without a backslash
  answer.body.replace(at, outputs.size(), inputs);
  if (answer.header_length)
    *answer.header_length -= outputs.size() - inputs.size();
  return answer;
}

inline bool same_bytes(const tensor_view& a, const tensor_view& b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, a.size) == 0);
}

/// JSON has one NaN, and a BOOL only two values.
inline bool same_in_json(datatype type, const std::byte* a, const std::byte* b) {
  if (!is_real(type))
    return integer_at(type, a) == integer_at(type, b);
  auto left = real_at(type, a);
  auto right = real_at(type, b);
  return std::isnan(left) ? std::isnan(right) : left == right && std::signbit(left) == std::signbit(right);
}

/// Whether two tensors of one datatype have the same elements, as far as JSON tells them apart.
inline bool same_in_json(const tensor_view& a, const tensor_view& b) {
  if (a.type == datatype::bytes)
    return same_bytes(a, b);
  bool same = a.size == b.size;
  for (std::uint64_t at = 0; same && at < a.size; at += element_size(a.type))
    same = same_in_json(a.type, a.data + at, b.data + at);
  return same;
}

/// Whether read_infer_query takes the datatype's elements from JSON.
inline bool travels_in_json(datatype type) {
  return type != datatype::fp16 && type != datatype::bf16;
}

} // namespace troupe

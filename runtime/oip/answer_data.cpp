#include "runtime/oip/answer_data.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/element.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace troupe {

namespace {

/// Gathers short texts and appends them to a string many at a time.
class text_buffer {
public:
  explicit text_buffer(std::string& into) : into_(into) {}
  ~text_buffer() { flush(); }
  text_buffer(const text_buffer&) = delete;
  text_buffer& operator=(const text_buffer&) = delete;

  void add(std::string_view text) { // at most element_bytes_max
    make_room();
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }

  template <class Number>
  void add_number(Number value) {
    make_room();
    next_ = std::to_chars(next_, text_ + sizeof text_, value).ptr;
  }

private:
  static constexpr std::ptrdiff_t element_bytes_max = 32; // the longest is a double, of 24

  void make_room() {
    if (text_ + sizeof text_ - next_ < element_bytes_max)
      flush();
  }
  void flush() {
    into_.append(text_, next_);
    next_ = text_;
  }

  std::string& into_;
  char text_[2048];
  char* next_ = text_;
};

template <class Real>
void add_real(text_buffer& text, Real value) {
  if (std::isfinite(value))
    text.add_number(value);
  else
    text.add(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// `add` writes the element that stands at a place.
template <class Add>
void append_list(std::string& json, const tensor_view& tensor, Add add) {
  json += '[';
  {
    text_buffer text(json);
    auto step = element_size(tensor.type);
    for (auto at = tensor.data; at != tensor.data + tensor.size; at += step) {
      if (at != tensor.data)
        text.add(",");
      add(text, at);
    }
  }
  json += ']';
}

template <class T>
void append_integers(std::string& json, const tensor_view& tensor) {
  append_list(json, tensor, [](text_buffer& text, const std::byte* at) { text.add_number(load<T>(at)); });
}

template <class T>
void append_reals(std::string& json, const tensor_view& tensor) {
  append_list(json, tensor, [](text_buffer& text, const std::byte* at) { add_real(text, load<T>(at)); });
}

void append_halves(std::string& json, const tensor_view& tensor) {
  append_list(json, tensor, [type = tensor.type](text_buffer& text, const std::byte* at) {
    add_real(text, static_cast<float>(real_at(type, at)));
  });
}

void append_booleans(std::string& json, const tensor_view& tensor) {
  append_list(json, tensor, [](text_buffer& text, const std::byte* at) { text.add(*at == std::byte{0} ? "false" : "true"); });
}

void append_escaped(std::string& json, char c) {
  constexpr const char* digits = "0123456789abcdef";
  if (c == '"' || c == '\\')
    (json += '\\') += c;
  else if (static_cast<unsigned char>(c) < 0x20)
    ((json += "\\u00") += digits[c >> 4]) += digits[c & 0xf];
  else
    json += c;
}

void append_strings(std::string& json, const tensor_view& tensor) {
  json += '[';
  byte_string_reader strings(tensor.data, tensor.size);
  for (auto next = strings.next(); next; next = strings.next()) {
    json += json.back() == '[' ? "" : ",";
    append_quoted(json, *next);
  }
  json += ']';
}

} // namespace

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (char c : text)
    append_escaped(json, c);
  json += '"';
}

void append_elements(std::string& json, const tensor_view& tensor) {
  switch (tensor.type) {
  case datatype::boolean: return append_booleans(json, tensor);
  case datatype::uint8: return append_integers<std::uint8_t>(json, tensor);
  case datatype::int8: return append_integers<std::int8_t>(json, tensor);
  case datatype::int16: return append_integers<std::int16_t>(json, tensor);
  case datatype::int32: return append_integers<std::int32_t>(json, tensor);
  case datatype::int64: return append_integers<std::int64_t>(json, tensor);
  case datatype::fp16:
  case datatype::bf16: return append_halves(json, tensor);
  case datatype::fp32: return append_reals<float>(json, tensor);
  case datatype::fp64: return append_reals<double>(json, tensor);
  case datatype::bytes: return append_strings(json, tensor);
  }
}

} // namespace troupe

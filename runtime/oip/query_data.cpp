#include "runtime/oip/query_data.hpp"

#include "runtime/base/byte_strings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace troupe {

namespace {

/// NaN and the infinities, which JSON has no numbers for.
template <class Real>
bool read_special(json_value& value, Real& into) {
  auto token = value.raw_json_token();
  auto is = [&token](std::string_view word) { return token.substr(0, word.size()) == word; };
  if (is("\"NaN\""))
    into = std::numeric_limits<Real>::quiet_NaN();
  else if (is("\"Infinity\""))
    into = std::numeric_limits<Real>::infinity();
  else if (is("\"-Infinity\""))
    into = -std::numeric_limits<Real>::infinity();
  else
    return false;
  return value.get_raw_json_string().error() == simdjson::SUCCESS;
}

/// The element nearest to the value, which was read as `number`. That is rounded already: if it lies halfway between two floats, only the text tells
/// which is nearer.
template <class Real>
Real nearest(json_value& value, double number) {
  constexpr std::uint64_t below_half_mask = (1U << 28) - 1; // a double's last bits but the first that a float lacks
  auto rounded = static_cast<Real>(number);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  if (static_cast<double>(rounded) == number || (bits & below_half_mask) != 0)
    return rounded;
  auto token = value.raw_json_token();
  std::from_chars(token.data(), token.data() + token.size(), rounded); // stays if it is out of range
  return rounded;
}

/// Whether the value is an element of that type; false leaves it unread.
template <class T>
bool read_element(json_value& value, T& into) {
  if constexpr (std::is_floating_point_v<T>) {
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS)
      return read_special(value, into);
    into = nearest<T>(value, number);
    return std::isfinite(into);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (value.get_bool().get(into) == simdjson::SUCCESS)
      return true;
    std::uint64_t number = 2;
    bool read = value.get_uint64().get(number) == simdjson::SUCCESS;
    into = number == 1;
    return read && number <= 1;
  } else {
    std::int64_t number = 0;
    if (value.get_int64().get(number) != simdjson::SUCCESS)
      return false;
    into = static_cast<T>(number);
    return into == number;
  }
}

/// What read_element takes, as messages say it.
template <class T>
std::string expected_text(datatype type) {
  if constexpr (std::is_floating_point_v<T>)
    return "a number that fits " + std::string(to_string(type)) + ", \"NaN\", \"Infinity\" or \"-Infinity\"";
  else if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else
    return "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to "
           + std::to_string(std::numeric_limits<T>::max());
}

/// Where numbers and booleans go, one after the other.
template <class T>
class number_sink {
public:
  number_sink(datatype type, std::uint64_t count)
    : type_(type), memory_(count == 0 ? nullptr : new std::byte[count * sizeof(T)]) {}

  /// False leaves the value unread.
  bool add(json_value& value) {
    if (!read_element(value, *next_))
      return false;
    ++next_;
    return true;
  }
  std::string expected() const { return expected_text<T>(type_); }
  query_data take() {
    auto size = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(next_) - memory_.get());
    return {std::move(memory_), size};
  }

private:
  datatype type_;
  std::unique_ptr<std::byte[]> memory_;
  T* next_ = reinterpret_cast<T*>(memory_.get());
};

/// Where strings go, in the form that BYTES have in memory.
class string_sink {
public:
  string_sink(datatype, std::uint64_t) {}

  bool add(json_value& value) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS)
      return false;
    append_byte_string(text, bytes_);
    return true;
  }
  std::string expected() const { return "a string"; }
  query_data take() const {
    query_data whole{std::unique_ptr<std::byte[]>(bytes_.empty() ? nullptr : new std::byte[bytes_.size()]), bytes_.size()};
    std::copy(bytes_.begin(), bytes_.end(), whole.memory.get());
    return whole;
  }

private:
  std::vector<std::byte> bytes_;
};

/// Walks `data` down the dimensions. The path of what is wrong is put together only then, of where the walk stands.
template <class Sink>
class elements_reader {
public:
  elements_reader(const tensor_view& tensor, std::uint64_t elements, const std::string& path)
    : tensor_(tensor), elements_(elements), path_(path), sink_(tensor.type, elements) {}

  query_data read(json_value& data) {
    auto token = data.raw_json_token(); // up to the next token, which is the array's first value
    auto list = array_of(data, path_);
    nested_ = tensor_.rank > 1 && token.data()[token.size()] == '[';
    read_list(list, 0);
    return sink_.take();
  }

private:
  bool is_leaf(std::size_t depth) const { return !nested_ || depth + 1 == tensor_.rank; }

  std::uint64_t length(std::size_t depth) const { return nested_ ? static_cast<std::uint64_t>(tensor_.dims[depth]) : elements_; }

  /// All lists have the lengths that the dims say, so no more than their product are written.
  void read_list(json_array list, std::size_t depth) {
    const auto wanted = length(depth);
    const bool leaf = is_leaf(depth);
    std::uint64_t count = 0;
    for (json_value value : list) {
      if (count < wanted) {
        at_[depth] = count;
        leaf ? read_leaf(value, depth) : read_list(list_of(value, depth), depth + 1);
      }
      ++count;
    }
    if (count != wanted)
      refuse_length(depth, count);
  }

  void read_leaf(json_value& value, std::size_t depth) {
    if (!sink_.add(value))
      refuse_json(path_to(depth + 1), "expected " + sink_.expected() + ", found " + excerpt_of(value));
  }

  json_array list_of(json_value& value, std::size_t depth) {
    if (value.type().value() != simdjson::ondemand::json_type::array)
      refuse_json(path_to(depth + 1),
                  "expected an array of " + count_text(length(depth + 1), "value") + ", found " + excerpt_of(value));
    return value.get_array().value();
  }

  [[noreturn]] void refuse_length(std::size_t depth, std::uint64_t found) {
    auto wanted = count_text(length(depth), "value");
    if (nested_)
      refuse_json(path_to(depth), "expected " + wanted + " as dimension " + std::to_string(depth) + " of the shape says, found "
                                      + std::to_string(found));
    refuse_json(path_, "shape " + to_string(tensor_.to_shape()) + " needs " + wanted + ", found " + std::to_string(found));
  }

  /// "inputs[0].data[2][1]" where the walk stands, with so many indices.
  std::string path_to(std::size_t depth) const {
    auto path = path_;
    for (std::size_t i = 0; i < depth; ++i)
      path = at_index(path, at_[i]);
    return path;
  }

  const tensor_view& tensor_;
  std::uint64_t elements_;
  const std::string& path_;
  Sink sink_;
  bool nested_ = false;
  std::uint64_t at_[rank_max + 1] = {};
};

template <class Sink>
query_data read_into(json_value& data, const tensor_view& tensor, std::uint64_t elements, const std::string& path) {
  return elements_reader<Sink>(tensor, elements, path).read(data);
}

using read_function = query_data (*)(json_value&, const tensor_view&, std::uint64_t, const std::string&);

/// Null if JSON can't carry the datatype.
read_function reader_of(datatype type) {
  switch (type) {
  case datatype::boolean: return read_into<number_sink<bool>>;
  case datatype::uint8: return read_into<number_sink<std::uint8_t>>;
  case datatype::int8: return read_into<number_sink<std::int8_t>>;
  case datatype::int16: return read_into<number_sink<std::int16_t>>;
  case datatype::int32: return read_into<number_sink<std::int32_t>>;
  case datatype::int64: return read_into<number_sink<std::int64_t>>;
  case datatype::fp32: return read_into<number_sink<float>>;
  case datatype::fp64: return read_into<number_sink<double>>;
  case datatype::bytes: return read_into<string_sink>;
  default: return nullptr;
  }
}

} // namespace

query_data read_query_data(json_value& data, const tensor_view& tensor, const std::string& path, std::size_t json_bytes) {
  auto read = reader_of(tensor.type);
  if (read == nullptr)
    refuse_json(path, "receiving " + std::string(to_string(tensor.type))
                          + " data via JSON is not supported; use the binary data format (parameters.binary_data_size) for it");
  auto elements = tensor.size / element_size(tensor.type);
  if (elements > json_bytes / 2) // "1,"
    refuse_json(path, "shape " + to_string(tensor.to_shape()) + " needs " + count_text(elements, "value") + ", more than "
                          + std::to_string(json_bytes) + " bytes of JSON can hold");
  return read(data, tensor, elements, path);
}

} // namespace troupe

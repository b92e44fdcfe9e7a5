#include "runtime/oip/oip_data.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/element.hpp"
#include "runtime/oip/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace troupe {

namespace {

using json = nlohmann::json;

error refusal(const std::string& path, const std::string& text) {
  return {error_code::invalid_argument, path + ": " + text};
}

/// One element's bytes appended to `bytes`, or what was expected.
using append_element = std::optional<std::string> (*)(const json& element, std::vector<std::byte>& bytes);

template <class T>
void append_bytes(T value, std::vector<std::byte>& bytes) {
  auto first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}

template <class T>
std::optional<std::string> append_integer(const json& element, std::vector<std::byte>& bytes) {
  constexpr auto lowest = std::numeric_limits<T>::min();
  constexpr auto highest = std::numeric_limits<T>::max();
  bool fits = element.is_number_unsigned() ? element.get<std::uint64_t>() <= static_cast<std::uint64_t>(highest)
                                           : element.is_number_integer() && element.get<std::int64_t>() >= lowest;
  if (!fits)
    return "an integer from " + std::to_string(lowest) + " to " + std::to_string(highest);
  append_bytes(element.get<T>(), bytes);
  return std::nullopt;
}

std::optional<std::string> append_bool(const json& element, std::vector<std::byte>& bytes) {
  if (!element.is_boolean())
    return "true or false";
  append_bytes(static_cast<std::uint8_t>(element.get<bool>()), bytes);
  return std::nullopt;
}

std::optional<double> special_real(const json& element) {
  if (!element.is_string())
    return std::nullopt;
  const auto& text = element.get_ref<const std::string&>();
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  if (text == "NaN")
    return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity")
    return infinity;
  return text == "-Infinity" ? std::optional(-infinity) : std::nullopt;
}

/// `narrow` makes the element of the double nearest to what the JSON says.
template <class Narrow>
std::optional<std::string> append_real(const json& element, std::vector<std::byte>& bytes, datatype type, Narrow narrow) {
  auto special = special_real(element);
  if (!special && !element.is_number())
    return "a number, \"NaN\", \"Infinity\" or \"-Infinity\"";
  auto value = special ? *special : element.get<double>();
  auto made = narrow(value);
  append_bytes(made, bytes);
  if (std::isfinite(value) && !std::isfinite(real_at(type, bytes.data() + bytes.size() - sizeof made)))
    return "a number that fits " + std::string(to_string(type));
  return std::nullopt;
}

std::optional<std::string> append_fp16(const json& element, std::vector<std::byte>& bytes) {
  return append_real(element, bytes, datatype::fp16, half_bits);
}

std::optional<std::string> append_bf16(const json& element, std::vector<std::byte>& bytes) {
  return append_real(element, bytes, datatype::bf16, brain_half_bits);
}

std::optional<std::string> append_fp32(const json& element, std::vector<std::byte>& bytes) {
  return append_real(element, bytes, datatype::fp32, [](double value) { return static_cast<float>(value); });
}

std::optional<std::string> append_fp64(const json& element, std::vector<std::byte>& bytes) {
  return append_real(element, bytes, datatype::fp64, [](double value) { return value; });
}

std::optional<std::string> append_string(const json& element, std::vector<std::byte>& bytes) {
  if (!element.is_string())
    return "a string";
  append_byte_string(element.get_ref<const std::string&>(), bytes);
  return std::nullopt;
}

append_element appender_of(datatype type) {
  switch (type) {
  case datatype::boolean: return append_bool;
  case datatype::uint8: return append_integer<std::uint8_t>;
  case datatype::int8: return append_integer<std::int8_t>;
  case datatype::int16: return append_integer<std::int16_t>;
  case datatype::int32: return append_integer<std::int32_t>;
  case datatype::int64: return append_integer<std::int64_t>;
  case datatype::fp16: return append_fp16;
  case datatype::bf16: return append_bf16;
  case datatype::fp64: return append_fp64;
  case datatype::bytes: return append_string;
  default: return append_fp32;
  }
}

/// Walks `data` down the dimensions; `path` grows only where something is wrong.
class data_reader {
public:
  data_reader(datatype type, const shape& dims) : append_(appender_of(type)), dims_(dims) {}

  result<void> read_flat(const json& data, const std::string& path) {
    for (std::size_t i = 0; i < data.size(); ++i)
      if (auto expected = append_(data[i], bytes))
        return refusal(path + "[" + std::to_string(i) + "]", "expected " + *expected + ", found " + json_excerpt(data[i]));
    return {};
  }

  result<void> read_nested(const json& data, std::size_t depth, const std::string& path) {
    if (!data.is_array())
      return refusal(path, "expected an array of " + count_text(length(depth), "value") + ", found " + json_excerpt(data));
    if (data.size() != length(depth))
      return refusal(path, "expected " + count_text(length(depth), "value") + " as dimension " + std::to_string(depth)
                               + " of the shape says, found " + std::to_string(data.size()));
    if (depth + 1 == dims_.size())
      return read_flat(data, path);
    for (std::size_t i = 0; i < data.size(); ++i)
      if (auto outcome = read_nested(data[i], depth + 1, path + "[" + std::to_string(i) + "]"); !outcome)
        return outcome;
    return {};
  }

  std::vector<std::byte> bytes;

private:
  std::uint64_t length(std::size_t depth) const { return static_cast<std::uint64_t>(dims_[depth]); }

  append_element append_;
  const shape& dims_;
};

} // namespace

result<std::vector<std::byte>> read_oip_data(const json& data, datatype type, const shape& dims, const std::string& path) {
  auto size = byte_size(type, dims.data(), dims.size());
  if (!size)
    return refusal(path, "the shape " + to_string(dims) + " is too large");
  data_reader reader(type, dims);
  bool nested = dims.size() > 1 && !data.empty() && data[0].is_array();
  auto elements = *size / element_size(type);
  if (!nested && data.size() != elements)
    return refusal(path, "shape " + to_string(dims) + " needs " + count_text(elements, "value") + ", found "
                             + std::to_string(data.size()));
  auto outcome = nested ? reader.read_nested(data, 0, path) : reader.read_flat(data, path);
  if (!outcome)
    return outcome.failure();
  return std::move(reader.bytes);
}

} // namespace troupe

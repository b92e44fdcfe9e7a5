#include "runtime/oip/oip_tensor.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/element.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/oip/json_fields.hpp"
#include "runtime/oip/json_text.hpp"
#include "runtime/oip/oip_data.hpp"

#include <charconv>
#include <cmath>

namespace troupe {

namespace {

using json = nlohmann::json;
using json_type = json::value_t;

/// Bytes of a string in a table.
constexpr std::size_t string_shown_max = 64;

datatype read_datatype(const json& tensor, const std::string& path, half_reals halves) {
  auto name = field(tensor, path, "datatype", json_type::string).get<std::string>();
  auto type = datatype_from(name);
  if (!type)
    refuse_json(path + ".datatype", "expected " + datatype_names() + ", found '" + printable(name) + "'");
  if (halves == half_reals::rounded)
    return *type;
  if (*type == datatype::fp16)
    refuse_json(path + ".datatype",
                "FP16 can't be written in JSON; save the array with numpy.save and pass it by --input NAME=FILE.npy");
  if (*type == datatype::bf16)
    refuse_json(path + ".datatype", "BF16 can't be written in JSON; deploy the model with an FP32 input that it converts itself");
  return *type;
}

shape read_shape(const json& tensor, const std::string& path) {
  const auto& dims = field(tensor, path, "shape", json_type::array);
  if (dims.size() > rank_max)
    refuse_json(path + ".shape",
                "expected at most " + std::to_string(rank_max) + " dimensions, found " + std::to_string(dims.size()));
  shape read;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    bool fits = dims[i].is_number_integer() && dims[i] >= 0 && dims[i] <= INT64_MAX;
    if (!fits)
      refuse_json(at_index(path + ".shape", i), "expected a size of 0 or more, found " + json_excerpt(dims[i]));
    read.push_back(dims[i].get<std::int64_t>());
  }
  return read;
}

/// A double that prints as the shortest text of the element: FP32's 0.1 becomes 0.1, not 0.10000000149011612.
nlohmann::ordered_json real_json(datatype type, const std::byte* element) {
  auto text = element_text(type, element);
  if (!std::isfinite(real_at(type, element)))
    return text;
  double shortest = 0;
  std::from_chars(text.data(), text.data() + text.size(), shortest);
  auto exact = real_at(type, element);
  bool reads_back = type != datatype::fp32 || static_cast<float>(shortest) == exact; // 7.038531e-26, rounded twice, doesn't
  return reads_back ? shortest : exact;
}

void append_numbers(const named_tensor& tensor, nlohmann::ordered_json& data) {
  auto step = element_size(tensor.type);
  for (std::size_t at = 0; at + step <= tensor.data.size(); at += step) {
    auto element = tensor.data.data() + at;
    if (is_real(tensor.type))
      data.push_back(real_json(tensor.type, element));
    else if (tensor.type == datatype::boolean)
      data.push_back(integer_at(tensor.type, element) != 0);
    else
      data.push_back(integer_at(tensor.type, element));
  }
}

void append_strings(const named_tensor& tensor, nlohmann::ordered_json& data) {
  byte_string_reader strings(tensor.data.data(), tensor.data.size());
  for (auto next = strings.next(); next; next = strings.next()) {
    if (!is_utf8(*next))
      throw bad_json{no_json_text(tensor.name)};
    data.push_back(*next);
  }
}

std::string string_text(std::string_view text) {
  if (!is_utf8(text))
    return "(" + std::to_string(text.size()) + " bytes)";
  auto shown = text.substr(0, string_shown_max);
  while (!is_utf8(shown))
    shown.remove_suffix(1);
  return "\"" + printable(shown) + (shown.size() < text.size() ? "…\"" : "\"");
}

} // namespace

named_tensor read_oip_tensor(const json& tensor, const std::string& path, half_reals halves) {
  typed(tensor, path, json_type::object);
  refuse_unknown(tensor, path, {"name", "shape", "datatype", "data"});
  named_tensor read;
  read.name = field(tensor, path, "name", json_type::string).get<std::string>();
  read.type = read_datatype(tensor, path, halves);
  read.dims = read_shape(tensor, path);
  auto data = read_oip_data(field(tensor, path, "data", json_type::array), read.type, read.dims, path + ".data");
  if (!data)
    throw bad_json{data.failure().message};
  read.data = std::move(data).value();
  return read;
}

nlohmann::ordered_json oip_tensor(const named_tensor& tensor) {
  auto data = nlohmann::ordered_json::array();
  if (tensor.type == datatype::bytes)
    append_strings(tensor, data);
  else
    append_numbers(tensor, data);
  return {{"name", tensor.name}, {"shape", tensor.dims}, {"datatype", to_string(tensor.type)}, {"data", std::move(data)}};
}

std::vector<std::string> element_texts(const named_tensor& tensor, std::size_t count) {
  std::vector<std::string> texts;
  if (tensor.type == datatype::bytes) {
    byte_string_reader strings(tensor.data.data(), tensor.data.size());
    for (auto next = strings.next(); next && texts.size() < count; next = strings.next())
      texts.push_back(string_text(*next));
    return texts;
  }
  auto step = element_size(tensor.type);
  for (std::size_t at = 0; at + step <= tensor.data.size() && texts.size() < count; at += step)
    texts.push_back(element_text(tensor.type, tensor.data.data() + at));
  return texts;
}

} // namespace troupe

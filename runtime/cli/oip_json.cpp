#include "runtime/cli/oip_json.hpp"

#include "runtime/cli/element.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/oip_data.hpp"

#include <charconv>
#include <cmath>

namespace troupe {

namespace {

using json = nlohmann::json;
using json_type = json::value_t;

/// Everything below throws this with the message; only parse_oip_request catches it, so that fields read without ceremony.
struct bad_json {
  std::string message;
};

[[noreturn]] void refuse(const std::string& path, const std::string& text) {
  throw bad_json{(path.empty() ? "the request" : path) + ": " + text};
}

const char* type_word(json_type type) {
  switch (type) {
  case json_type::object: return "an object";
  case json_type::array: return "an array";
  case json_type::string: return "a string";
  default: return "another value";
  }
}

const json& typed(const json& value, const std::string& path, json_type type) {
  if (value.type() != type)
    refuse(path, std::string("expected ") + type_word(type) + ", found " + json_excerpt(value));
  return value;
}

const json& field(const json& object, const std::string& path, const char* key, json_type type) {
  auto found = object.find(key);
  auto prefix = path.empty() ? "" : path + ".";
  if (found == object.end())
    refuse(path, std::string("field '") + key + "' is missing; expected " + type_word(type));
  return typed(*found, prefix + key, type);
}

void refuse_unknown(const json& object, const std::string& path, std::initializer_list<std::string_view> known) {
  std::string names;
  for (auto name : known)
    names += (names.empty() ? "" : ", ") + std::string(name);
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse(path, "field '" + printable(key) + "' is not known; known are " + names);
}

std::string at_index(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

datatype read_datatype(const json& input, const std::string& path) {
  auto name = field(input, path, "datatype", json_type::string).get<std::string>();
  auto type = datatype_from(name);
  if (!type)
    refuse(path + ".datatype", "expected BOOL, UINT8, INT8, INT16, INT32, INT64, FP32 or FP64, found '" + printable(name) + "'");
  if (*type == datatype::fp16)
    refuse(path + ".datatype",
           "FP16 can't be written in JSON; save the array with numpy.save and pass it by --input NAME=FILE.npy");
  if (*type == datatype::bf16)
    refuse(path + ".datatype", "BF16 can't be written in JSON; deploy the model with an FP32 input that it converts itself");
  return *type;
}

shape read_shape(const json& input, const std::string& path) {
  const auto& dims = field(input, path, "shape", json_type::array);
  if (dims.size() > rank_max)
    refuse(path + ".shape", "expected at most " + std::to_string(rank_max) + " dimensions, found " + std::to_string(dims.size()));
  shape read;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    bool fits = dims[i].is_number_integer() && dims[i] >= 0 && dims[i] <= INT64_MAX;
    if (!fits)
      refuse(at_index(path + ".shape", i), "expected a size of 0 or more, found " + json_excerpt(dims[i]));
    read.push_back(dims[i].get<std::int64_t>());
  }
  return read;
}

named_tensor read_input(const json& input, const std::string& path) {
  typed(input, path, json_type::object);
  refuse_unknown(input, path, {"name", "shape", "datatype", "data"});
  named_tensor tensor;
  tensor.name = field(input, path, "name", json_type::string).get<std::string>();
  tensor.type = read_datatype(input, path);
  tensor.dims = read_shape(input, path);
  auto data = read_oip_data(field(input, path, "data", json_type::array), tensor.type, tensor.dims, path + ".data");
  if (!data)
    throw bad_json{data.failure().message};
  tensor.data = std::move(data).value();
  return tensor;
}

std::string read_output(const json& output, const std::string& path) {
  typed(output, path, json_type::object);
  refuse_unknown(output, path, {"name"});
  return field(output, path, "name", json_type::string).get<std::string>();
}

oip_request read_request(const json& root) {
  typed(root, "", json_type::object);
  refuse_unknown(root, "", {"id", "inputs", "outputs"});
  oip_request request;
  if (root.contains("id"))
    request.id = field(root, "", "id", json_type::string).get<std::string>();
  const auto& inputs = field(root, "", "inputs", json_type::array);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    request.inputs.push_back(read_input(inputs[i], at_index("inputs", i)));
  if (!root.contains("outputs"))
    return request;
  const auto& outputs = field(root, "", "outputs", json_type::array);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    request.outputs.push_back(read_output(outputs[i], at_index("outputs", i)));
  return request;
}

std::string real_text(datatype type, double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "Infinity" : "-Infinity";
  char text[64];
  auto end = type == datatype::fp64 ? std::to_chars(text, text + sizeof text, value).ptr
                                    : std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr;
  return {text, end};
}

/// A double that prints as the shortest text of the float: 0.1f becomes 0.1, not 0.10000000149011612.
nlohmann::ordered_json real_json(datatype type, double value) {
  auto text = real_text(type, value);
  if (!std::isfinite(value))
    return text;
  double shortest = 0;
  std::from_chars(text.data(), text.data() + text.size(), shortest);
  return shortest;
}

} // namespace

result<oip_request> parse_oip_request(std::string_view text) {
  try {
    return read_request(json::parse(text));
  } catch (const bad_json& failure) {
    return error{error_code::invalid_argument, failure.message};
  } catch (const json::parse_error& failure) {
    return error{error_code::invalid_argument,
                 "not valid JSON at byte " + std::to_string(failure.byte)
                     + " (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"};
  } catch (const json::out_of_range& failure) {
    return error{error_code::invalid_argument, std::string("a number is too large for any datatype: ") + failure.what()};
  }
}

nlohmann::ordered_json oip_tensor(const named_tensor& tensor) {
  auto data = nlohmann::ordered_json::array();
  auto step = element_size(tensor.type);
  for (std::size_t at = 0; at + step <= tensor.data.size(); at += step) {
    auto element = tensor.data.data() + at;
    if (is_real(tensor.type))
      data.push_back(real_json(tensor.type, real_at(tensor.type, element)));
    else if (tensor.type == datatype::boolean)
      data.push_back(integer_at(tensor.type, element) != 0);
    else
      data.push_back(integer_at(tensor.type, element));
  }
  return {{"name", tensor.name}, {"shape", tensor.dims}, {"datatype", to_string(tensor.type)}, {"data", std::move(data)}};
}

std::string element_text(const named_tensor& tensor, std::size_t index) {
  auto element = tensor.data.data() + index * element_size(tensor.type);
  if (is_real(tensor.type))
    return real_text(tensor.type, real_at(tensor.type, element));
  auto value = integer_at(tensor.type, element);
  return tensor.type == datatype::boolean ? (value != 0 ? "true" : "false") : std::to_string(value);
}

} // namespace troupe

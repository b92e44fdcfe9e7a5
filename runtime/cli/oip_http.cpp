#include "runtime/cli/oip_http.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/oip/oip_data.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace troupe {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// What an answer may not be; caught in this file.
struct malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void append(std::string& bytes, const std::vector<std::byte>& data) {
  bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
}

ordered_json input_json(const named_tensor& input, tensor_form form) {
  if (form == tensor_form::json)
    return oip_tensor(input);
  return {{"name", input.name},
          {"shape", input.dims},
          {"datatype", to_string(input.type)},
          {"parameters", {{"binary_data_size", input.data.size()}}}};
}

ordered_json question_json(const inference_question& question, tensor_form form) {
  ordered_json text = ordered_json::object();
  if (!question.id.empty())
    text["id"] = question.id;
  if (question.deadline.count() > 0)
    text["parameters"]["timeout"] = question.deadline.count();
  if (form == tensor_form::binary)
    text["parameters"]["binary_data_output"] = true;
  text["inputs"] = ordered_json::array();
  for (const auto& input : question.inputs)
    text["inputs"].push_back(input_json(input, form));
  for (const auto& output : question.outputs)
    text["outputs"].push_back({{"name", output}});
  return text;
}

shape read_shape(const json& tensor) {
  auto dims = tensor.at("shape").get<shape>();
  if (dims.size() > rank_max)
    throw malformed("a tensor of more than " + std::to_string(rank_max) + " dimensions");
  return dims;
}

datatype read_datatype(const json& tensor) {
  auto name = tensor.at("datatype").get<std::string>();
  auto type = datatype_from(name);
  if (!type)
    throw malformed("datatype " + name + " can't be read");
  return *type;
}

/// Takes its bytes off the front of `binary`.
std::vector<std::byte> read_binary(const named_tensor& output, std::uint64_t size, std::string_view& binary) {
  auto first = reinterpret_cast<const std::byte*>(binary.data());
  if (size > binary.size() || !is_whole(make_view(output.type, output.dims, first, size)))
    throw malformed("output '" + output.name + "' of shape " + to_string(output.dims) + " came with "
                    + std::to_string(std::min<std::uint64_t>(size, binary.size())) + " bytes");
  binary.remove_prefix(size);
  return {first, first + size};
}

named_tensor read_output(const json& tensor, std::string_view& binary) {
  named_tensor output{tensor.at("name").get<std::string>(), read_datatype(tensor), read_shape(tensor), {}};
  if (!tensor.contains("data")) {
    output.data = read_binary(output, tensor.at("parameters").at("binary_data_size").get<std::uint64_t>(), binary);
    return output;
  }
  auto data = read_oip_data(tensor.at("data"), output.type, output.dims, output.name + ".data");
  if (!data)
    throw malformed(data.failure().message);
  output.data = std::move(data).value();
  return output;
}

inference_answer read_answer(const oip_body& body) {
  auto length = body.json_length.value_or(body.bytes.size());
  if (length > body.bytes.size())
    throw malformed("it is shorter than its " + std::string(json_length_header) + " says");
  auto text = json::parse(body.bytes.begin(), body.bytes.begin() + static_cast<std::ptrdiff_t>(length));
  auto binary = std::string_view(body.bytes).substr(length);
  inference_answer answer{text.at("model_name").get<std::string>(), text.value("model_version", ""), text.value("id", ""), {}};
  for (const auto& output : text.at("outputs"))
    answer.outputs.push_back(read_output(output, binary));
  if (!binary.empty())
    throw malformed(std::to_string(binary.size()) + " bytes are left over");
  return answer;
}

model_signature read_signature(const json& text) {
  model_signature model;
  for (const auto& input : text.at("inputs"))
    model.inputs.push_back({input.at("name").get<std::string>(), read_datatype(input), read_shape(input)});
  model.batches = !model.inputs.empty() && std::all_of(model.inputs.begin(), model.inputs.end(), [](const tensor_spec& spec) {
    return !spec.dims.empty() && spec.dims.front() == -1;
  });
  return model;
}

/// What `read` makes of the body, or that it is malformed.
template <class Read>
auto checked(const char* what, Read read) -> result<decltype(read())> {
  try {
    return read();
  } catch (const std::runtime_error& failure) { // malformed
    return error{error_code::internal, std::string(what) + " is malformed: " + printable(failure.what())};
  } catch (const json::exception& failure) {
    return error{error_code::internal, std::string(what) + " is malformed: " + printable(failure.what())};
  }
}

error_code code_of_status(unsigned status) {
  switch (status) {
  case 400: return error_code::invalid_argument;
  case 401: return error_code::unauthenticated;
  case 403: return error_code::permission_denied;
  case 404: return error_code::not_found;
  case 408:
  case 504: return error_code::deadline_exceeded;
  case 429: return error_code::overloaded;
  case 499: return error_code::cancelled;
  case 503: return error_code::unavailable;
  default: return error_code::internal;
  }
}

} // namespace

oip_body write_oip_question(const inference_question& question, tensor_form form) {
  oip_body body{question_json(question, form).dump(-1, ' ', false, json::error_handler_t::replace), std::nullopt};
  if (form == tensor_form::json)
    return body;
  body.json_length = body.bytes.size();
  for (const auto& input : question.inputs)
    append(body.bytes, input.data);
  return body;
}

result<inference_answer> read_oip_answer(const oip_body& body) {
  return checked("the node's answer", [&] { return read_answer(body); });
}

result<model_signature> read_oip_metadata(std::string_view body) {
  return checked("the model's metadata", [&] { return read_signature(json::parse(body)); });
}

error read_oip_refusal(unsigned status, std::string_view body) {
  auto text = json::parse(body, nullptr, false);
  auto found = text.is_object() ? text.find("error") : text.end();
  bool told = text.is_object() && found != text.end() && found->is_string();
  return {code_of_status(status), told ? printable(found->get<std::string>()) : "HTTP status " + std::to_string(status)};
}

} // namespace troupe

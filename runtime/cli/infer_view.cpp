#include "runtime/cli/infer_view.hpp"

#include "runtime/cli/table.hpp"
#include "runtime/oip/bad_json.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include <algorithm>
#include <cctype>

namespace troupe {

namespace {

constexpr std::size_t values_shown_max = 10;

std::string first_values(const named_tensor& tensor) {
  auto least = byte_size(tensor.type, tensor.dims.data(), tensor.dims.size()).value_or(0);
  auto count = least / element_size(tensor.type);
  std::string text;
  for (const auto& element : element_texts(tensor, values_shown_max))
    text += (text.empty() ? "" : ", ") + element;
  return count > values_shown_max ? text + ", … (" + std::to_string(count - values_shown_max) + " more with -o json)" : text;
}

} // namespace

result<nlohmann::ordered_json> answer_json(const inference_answer& answer) {
  auto outputs = nlohmann::ordered_json::array();
  try {
    for (const auto& output : answer.outputs)
      outputs.push_back(oip_tensor(output));
  } catch (const bad_json& unwritable) {
    return error{error_code::invalid_argument, unwritable.message};
  }
  nlohmann::ordered_json json = {{"model_name", answer.deployment}, {"model_version", answer.version}};
  if (!answer.id.empty())
    json["id"] = answer.id;
  json["outputs"] = std::move(outputs);
  return json;
}

std::string answer_text(const inference_answer& answer, bool colors) {
  table rows({{"OUTPUT"}, {"DATATYPE"}, {"SHAPE"}, {"DATA"}});
  for (const auto& output : answer.outputs)
    rows.add({output.name, std::string(to_string(output.type)), to_string(output.dims), first_values(output)});
  return rows.render(colors);
}

std::string output_file_name(const std::string& output) {
  auto name = output;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-')
      c = '_';
  return name + ".npy";
}

} // namespace troupe

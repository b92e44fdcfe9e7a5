#include "runtime/cli/starter_toml.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr const char* begin_text =
    "# Fill in what stands as \"?\"; until then the model is refused. What else may stand here: the README, \"Serve a "
    "model of your own\".\n";
constexpr const char* unknown_batch =
    "max_batch = \"?\"   # fill in: the most rows in one call, such as 64; 0 if the first dimension is no batch\n";
constexpr const char* unknown_shape =
    "shape = \"?\"       # fill in: a list such as [-1, 64]; -1: any size. With max_batch the first is -1, the batch\n";

std::string unknown_datatype() {
  return "datatype = \"?\"    # fill in: " + datatype_names() + "\n";
}

bool is_known(const starter_tensor& tensor) {
  return tensor.type && tensor.dims;
}

/// A TOML basic string.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text)
    result += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
  return result + "\"";
}

std::string section(const char* kind, const starter_tensor& tensor) {
  auto text = std::string("\n[[") + kind + "]]\nname = " + quoted(tensor.name) + "\n";
  text += tensor.type ? "datatype = \"" + std::string(to_string(*tensor.type)) + "\"\n" : unknown_datatype();
  return text + (tensor.dims ? "shape = " + to_string(*tensor.dims) + "\n" : unknown_shape);
}

} // namespace

bool is_complete(const starter_model& model) {
  return model.max_batch && std::all_of(model.inputs.begin(), model.inputs.end(), is_known)
         && std::all_of(model.outputs.begin(), model.outputs.end(), is_known);
}

std::string starter_toml(const starter_model& model) {
  std::string text = is_complete(model) ? "" : begin_text;
  text += model.max_batch ? "max_batch = " + std::to_string(*model.max_batch) + "\n" : unknown_batch;
  for (const auto& input : model.inputs)
    text += section("inputs", input);
  for (const auto& output : model.outputs)
    text += section("outputs", output);
  return text;
}

} // namespace troupe

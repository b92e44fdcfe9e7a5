#include "runtime/oip/oip_json.hpp"

#include "runtime/oip/json_fields.hpp"
#include "runtime/oip/oip_tensor.hpp"

namespace troupe {

namespace {

using json = nlohmann::json;
using json_type = json::value_t;

std::string read_output(const json& output, const std::string& path) {
  typed(output, path, json_type::object);
  refuse_unknown(output, path, {"name"});
  return field(output, path, "name", json_type::string).get<std::string>();
}

oip_request read_request(const json& root, half_reals halves) {
  typed(root, "", json_type::object);
  refuse_unknown(root, "", {"id", "inputs", "outputs"});
  oip_request request;
  if (root.contains("id"))
    request.id = field(root, "", "id", json_type::string).get<std::string>();
  const auto& inputs = field(root, "", "inputs", json_type::array);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    request.inputs.push_back(read_oip_tensor(inputs[i], at_index("inputs", i), halves));
  if (!root.contains("outputs"))
    return request;
  const auto& outputs = field(root, "", "outputs", json_type::array);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    request.outputs.push_back(read_output(outputs[i], at_index("outputs", i)));
  return request;
}

} // namespace

result<oip_request> parse_oip_request(std::string_view text, half_reals halves) {
  try {
    return read_request(json::parse(text), halves);
  } catch (const bad_json& failure) {
    return error{error_code::invalid_argument, failure.message};
  } catch (const json::exception& failure) {
    return not_json(failure);
  }
}

} // namespace troupe

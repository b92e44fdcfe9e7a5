#include "runtime/cli/model_inspection.hpp"

#include "runtime/base/golden.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/cli/child_output.hpp"
#include "runtime/oip/json_bounds.hpp"
#include "runtime/oip/json_fields.hpp"
#include "runtime/oip/oip_tensor.hpp"

namespace troupe {

namespace {

using json = nlohmann::json;

constexpr std::size_t depth_max = 8;

std::string request_text(const std::vector<named_tensor>& inputs) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& input : inputs)
    list.push_back(oip_tensor(input));
  return nlohmann::ordered_json{{"inputs", std::move(list)}}.dump();
}

error failure_of(const json& failed) {
  auto stage = failed.at("stage").get<std::string>();
  auto message = printable(failed.at("message").get<std::string>());
  if (stage == "load")
    return {error_code::model_failed,
            "the model can't be loaded as TorchScript: " + message + "; save it with torch.jit.script(model).save(\"model.pt\")"};
  if (stage == "run")
    return {error_code::model_failed, "the model failed on the sample: " + message};
  return {error_code::io_failed, "troupe-host can't be fenced in: " + message};
}

model_inspection read(const json& root) {
  model_inspection found;
  for (const auto& argument : root.at("arguments"))
    found.arguments.push_back({printable(argument.at("name").get<std::string>()),
                               printable(argument.at("type").get<std::string>()), argument.at("optional").get<bool>()});
  if (const auto& count = root.at("returns").at("count"); !count.is_null())
    found.output_count = count.get<std::size_t>();
  for (const auto& denied : root.at("operators").at("denied"))
    found.denied.push_back(printable("it calls " + denied.at("operator").get<std::string>() + " in "
                                     + denied.at("function").get<std::string>() + "; " + denied.at("advice").get<std::string>()));
  if (root.contains("outputs"))
    for (const auto& output : root.at("outputs"))
      found.outputs.push_back(read_oip_tensor(output, "outputs", half_reals::rounded));
  return found;
}

} // namespace

result<model_inspection> parse_inspection(const std::string& text) {
  try {
    if (auto bounded = check_json_bounds(text, depth_max); !bounded)
      return error{error_code::internal, "what troupe-host says makes no sense: " + bounded.failure().message};
    auto root = json::parse(text);
    return root.contains("error") ? result<model_inspection>(failure_of(root.at("error"))) : read(root);
  } catch (const json::exception& failure) {
    return error{error_code::internal, std::string("what troupe-host says makes no sense: ") + failure.what()};
  } catch (const bad_json& failure) {
    return error{error_code::internal, "what troupe-host says makes no sense: " + failure.message};
  }
}

result<model_inspection> inspect_model(const inspection_order& order) {
  std::vector<std::string> arguments = {order.host_path, "--inspect", order.model_path};
  if (order.inputs != nullptr)
    arguments.emplace_back("--run");
  auto end = run_child(arguments, order.inputs == nullptr ? "" : request_text(*order.inputs),
                       {order.timeout, static_cast<std::size_t>(golden_bytes_max)});
  if (!end && end.failure().code == error_code::io_failed)
    return error{error_code::io_failed,
                 end.failure().message + "; troupe-host must stand beside troupe, or name it by --host-binary"};
  if (!end)
    return error{end.failure().code, "the model was tried in a process of its own: " + end.failure().message};
  if (end->signal != 0)
    return error{error_code::model_failed,
                 "the model crashed the process that tried it (signal " + std::to_string(end->signal) + ")"};
  return parse_inspection(end->output);
}

} // namespace troupe

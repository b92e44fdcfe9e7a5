#include "runtime/host/inspect.hpp"

#include "runtime/base/golden.hpp"
#include "runtime/host/error_text.hpp"
#include "runtime/host/exit_code.hpp"
#include "runtime/host/module_file.hpp"
#include "runtime/host/operators.hpp"
#include "runtime/host/process.hpp"
#include "runtime/host/tensors.hpp"
#include "runtime/host/torch_runtime.hpp"
#include "runtime/host/version_sandbox.hpp"
#include "runtime/oip/bad_json.hpp"
#include "runtime/oip/oip_json.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <torch/script.h>
#include <unistd.h>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t message_bytes_max = 2048;

/// Where an inspection is, as its error names it.
struct inspection_failure {
  const char* stage;
  std::string message;
};

struct inspected_file {
  unique_fd out; ///< where the result goes
  unique_fd model;
  std::uint64_t model_bytes = 0;
};

inspected_file open_files(const std::string& path) {
  inspected_file files;
  files.out.reset(::dup(STDOUT_FILENO));
  files.model.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts{};
  if (!files.model || ::fstat(files.model.get(), &facts) != 0)
    throw inspection_failure{"load", "can't read '" + path + "': " + std::strerror(errno)};
  files.model_bytes = static_cast<std::uint64_t>(facts.st_size);
  return files;
}

std::string read_stdin() {
  std::string text;
  char block[1 << 16];
  for (;;) {
    auto got = ::read(STDIN_FILENO, block, sizeof block);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return text;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > golden_bytes_max)
      throw inspection_failure{"run", "the inputs are larger than golden.json may be"};
  }
}

std::vector<named_tensor> read_request() {
  auto request = parse_oip_request(read_stdin(), half_reals::rounded);
  if (!request)
    throw inspection_failure{"run", request.failure().message};
  return std::move(request->inputs);
}

void fence_in(inspected_file& files) {
  if (!follow_node(::getppid()))
    throw inspection_failure{"sandbox", "who started this is gone"};
  set_title("inspect");
  volunteer_for_oom();
  prepare_torch();
  reset_signal_handlers();
  auto programs = sandbox_programs::compile();
  if (!programs)
    throw inspection_failure{"sandbox", programs.failure().message};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw inspection_failure{"sandbox", "this kernel has no no_new_privs"};
  if (auto entered = enter_version_sandbox(files.out, files.model, programs->version_template); !entered)
    throw inspection_failure{"sandbox", entered.failure().message};
  limit_load_memory(files.model_bytes, model_spec().memory_bytes);
}

torch::jit::Module load(const inspected_file& files) {
  try {
    auto module = load_module(files.model.get(), files.model_bytes);
    if (module.find_method("forward"))
      return module;
  } catch (const std::exception& raised) {
    throw inspection_failure{"load", load_error_text(raised.what(), message_bytes_max)};
  }
  throw inspection_failure{"load", "the model has no method forward()"};
}

json arguments_of(const c10::FunctionSchema& schema) {
  auto list = json::array();
  for (std::size_t i = 1; i < schema.arguments().size(); ++i) { // the first is self
    const auto& argument = schema.arguments()[i];
    list.push_back({{"name", argument.name()},
                    {"type", argument.type()->annotation_str()},
                    {"optional", argument.default_value().has_value()}});
  }
  return list;
}

/// How many tensors forward() returns, if its type tells.
json returned_by(const c10::FunctionSchema& schema) {
  auto type = schema.returns().at(0).type();
  json count = nullptr;
  if (type->isSubtypeOf(*c10::TensorType::get()))
    count = 1;
  else if (auto tuple = type->cast<c10::TupleType>())
    count = tuple->elements().size();
  return {{"type", type->annotation_str()}, {"count", count}};
}

json parameter_text(const std::string& name, const at::Tensor& tensor) {
  return {{"name", name}, {"datatype", c10::toString(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}};
}

json parameters_of(const torch::jit::Module& module) {
  json parameters = {{"count", 0}};
  std::size_t count = 0;
  for (const auto& parameter : module.named_parameters()) {
    if (count++ == 0)
      parameters["first"] = parameter_text(parameter.name, parameter.value);
    parameters["last"] = parameter_text(parameter.name, parameter.value);
  }
  parameters["count"] = count;
  return parameters;
}

json operators_of(const operator_report& report) {
  auto denied = json::array();
  for (const auto& each : report.denied)
    denied.push_back({{"operator", each.name}, {"function", each.function}, {"advice", each.advice}});
  return {{"count", report.count}, {"denied", std::move(denied)}};
}

std::vector<c10::IValue> borrow_all(const std::vector<named_tensor>& inputs) {
  std::vector<c10::IValue> borrowed;
  for (const auto& input : inputs) {
    borrowed.push_back(model_input(make_view(input.type, input.dims, input.data.data(), input.data.size())));
  }
  return borrowed;
}

json run_forward(torch::jit::Module& module, const std::vector<named_tensor>& inputs) {
  try {
    c10::InferenceMode inference;
    auto outputs = copy_outputs(module.forward(borrow_all(inputs)));
    if (!outputs)
      throw inspection_failure{"run", outputs.failure().message};
    auto list = json::array();
    for (const auto& output : *outputs)
      list.push_back(oip_tensor(output));
    return list;
  } catch (const bad_json& unwritable) {
    throw inspection_failure{"run", unwritable.message};
  } catch (const std::exception& raised) {
    throw inspection_failure{"run", error_text(raised.what(), message_bytes_max)};
  }
}

/// Fills `result` as far as it gets.
void inspect(inspected_file& files, const std::vector<named_tensor>* inputs, json& result) {
  fence_in(files);
  auto module = load(files);
  const auto& schema = module.get_method("forward").function().getSchema();
  auto operators = look_at_operators(module);
  result["arguments"] = arguments_of(schema);
  result["returns"] = returned_by(schema);
  result["parameters"] = parameters_of(module);
  result["operators"] = operators_of(operators);
  if (inputs == nullptr)
    return;
  if (!operators.denied.empty())
    throw inspection_failure{"run", to_string(operators.denied.front())};
  result["outputs"] = run_forward(module, *inputs);
}

bool write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    auto wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0)
      return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

} // namespace

int run_inspection(const std::string& path, bool run) {
  json result = json::object();
  inspected_file files;
  try {
    files = open_files(path);
    auto inputs = run ? read_request() : std::vector<named_tensor>();
    inspect(files, run ? &inputs : nullptr, result);
  } catch (const inspection_failure& failed) {
    result["error"] = {{"stage", failed.stage}, {"message", failed.message}};
  }
  auto text = result.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  int out = files.out ? files.out.get() : STDOUT_FILENO;
  return write_all(out, text) && !result.contains("error") ? finished : load_failed;
}

} // namespace troupe

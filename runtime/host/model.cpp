#include "runtime/host/model.hpp"

#include "runtime/base/zeros.hpp"
#include "runtime/host/error_text.hpp"
#include "runtime/host/module_file.hpp"
#include "runtime/host/operators.hpp"
#include "runtime/host/tensors.hpp"

#include <algorithm>
#include <new>
#include <torch/script.h>

namespace troupe {

namespace {

constexpr std::size_t load_error_bytes_max = 2048;
constexpr const char* memory_advice =
    "the model needs more memory than its version allows; raise 'memory' under [limits] in model.toml";

bool out_of_memory(const std::exception& raised) {
  return dynamic_cast<const std::bad_alloc*>(&raised) != nullptr || is_out_of_memory(raised.what());
}

call_outcome describe(const std::exception& raised) {
  if (out_of_memory(raised))
    return {done_status::exhausted, memory_advice, {}};
  return {done_status::failed, error_text(raised.what(), host_error_bytes_max), {}};
}

} // namespace

struct model::state {
  torch::jit::Module module;
  torch::jit::Method forward;
  model_spec spec;

  /// Calls forward() and checks what it gives, before it is handed to `then`.
  template <class Then>
  call_outcome call(std::vector<c10::IValue> inputs, std::uint32_t rows, Then then);
};

template <class Then>
call_outcome model::state::call(std::vector<c10::IValue> inputs, std::uint32_t rows, Then then) {
  try {
    c10::InferenceMode inference;
    auto outputs = unpack(forward(std::move(inputs)), spec.outputs, rows);
    if (!outputs)
      return {done_status::failed, outputs.failure().message, {}};
    if (auto fits = check(*outputs, spec.outputs, rows); !fits)
      return {done_status::failed, fits.failure().message, {}};
    return then(*outputs);
  } catch (const std::exception& raised) {
    return describe(raised);
  }
}

model::model(std::unique_ptr<state> loaded) : state_(std::move(loaded)) {}
model::model(model&&) noexcept = default;
model::~model() = default;

result<model> model::load(int fd, std::uint64_t size, const model_spec& spec) {
  try {
    auto module = load_module(fd, size);
    if (!module.find_method("forward"))
      return error{error_code::invalid_argument, "the model has no method forward()"};
    auto forward = module.get_method("forward");
    return model(std::make_unique<state>(state{module, forward, spec}));
  } catch (const std::exception& raised) {
    if (out_of_memory(raised))
      return error{error_code::invalid_argument, memory_advice};
    return error{error_code::invalid_argument, load_error_text(raised.what(), load_error_bytes_max)};
  }
}

result<void> model::check_operators() const {
  auto found = look_at_operators(state_->module);
  if (found.denied.empty())
    return {};
  return error{error_code::invalid_argument, "model.pt is refused: " + to_string(found.denied.front())};
}

result<void> model::optimize() {
  try {
    auto frozen = torch::jit::freeze(state_->module);
    state_->module = torch::jit::optimize_for_inference(frozen);
    state_->forward = state_->module.get_method("forward");
  } catch (const std::exception& raised) {
    if (out_of_memory(raised))
      return error{error_code::invalid_argument, memory_advice};
    // Some models can't be frozen or optimized (they change their own attributes, say); they run as they are.
  }
  return {};
}

result<void> model::check_signature() const {
  auto arguments = state_->forward.function().getSchema().arguments(); // the first is self
  auto most = arguments.size() - 1;
  auto least = static_cast<std::size_t>(
      std::count_if(arguments.begin() + 1, arguments.end(), [](const auto& each) { return !each.default_value(); }));
  auto count = state_->spec.inputs.size();
  if (count < least || count > most)
    return error{error_code::invalid_argument,
                 "forward() takes " + std::to_string(most) + " inputs, model.toml lists " + std::to_string(count)};
  for (std::size_t i = 1; i <= count; ++i) {
    const auto& input = state_->spec.inputs[i - 1];
    auto wanted = input_type(input.type);
    if (!wanted->isSubtypeOf(*arguments[i].type()))
      return error{error_code::invalid_argument, "input " + std::to_string(i) + " of forward(), '" + arguments[i].name()
                                                     + "', is of type " + arguments[i].type()->annotation_str() + "; expected "
                                                     + wanted->annotation_str() + ", since model.toml says "
                                                     + std::string(to_string(input.type))
                                                     + " (BYTES are a List[str], all others tensors)"};
  }
  return {};
}

call_outcome model::warm(std::uint32_t rows) {
  std::vector<c10::IValue> inputs;
  try {
    for (const auto& spec : state_->spec.inputs)
      inputs.emplace_back(zeros(spec, rows));
  } catch (const std::exception& raised) {
    return describe(raised);
  }
  auto outcome = state_->call(std::move(inputs), rows, [](const std::vector<model_output>&) { return call_outcome(); });
  bool guessed = std::any_of(state_->spec.inputs.begin(), state_->spec.inputs.end(),
                             [&](const tensor_spec& spec) { return zeros_are_a_guess(spec, rows); });
  return outcome.status == done_status::failed && guessed ? call_outcome() : outcome;
}

call_outcome model::run(const std::vector<tensor_view>& inputs, std::uint32_t rows, const output_area& area) {
  std::vector<c10::IValue> borrowed;
  borrowed.reserve(inputs.size() + 1); // forward() puts itself in front
  for (const auto& view : inputs)
    borrowed.push_back(model_input(view));
  return state_->call(std::move(borrowed), rows, [&](const std::vector<model_output>& outputs) { return store(outputs, area); });
}

} // namespace troupe

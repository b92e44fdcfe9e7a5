#include "runtime/cli/model_sampling.hpp"

#include "runtime/cli/npy.hpp"

#include <algorithm>

namespace troupe {

namespace {

error wrong(std::string text) {
  return {error_code::invalid_argument, std::move(text)};
}

std::string names_of(const std::vector<starter_tensor>& inputs) {
  std::string text;
  for (const auto& input : inputs)
    text += (text.empty() ? "'" : ", '") + input.name + "'";
  return text;
}

/// The index of the input that "NAME=x.npy" names, and `path` without the name; `next` if it names none.
std::size_t place_of(std::string& path, const std::vector<starter_tensor>& inputs, std::size_t next) {
  auto equals = path.find('=');
  if (equals == std::string::npos)
    return next;
  auto name = path.substr(0, equals);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == name) {
      path.erase(0, equals + 1);
      return i;
    }
  return next;
}

/// Rows of all tensors, or nothing if they have no first dimension in common.
std::optional<std::int64_t> common_rows(const std::vector<named_tensor>& tensors) {
  std::optional<std::int64_t> rows;
  for (const auto& tensor : tensors) {
    if (tensor.dims.empty() || tensor.dims[0] == 0 || (rows && *rows != tensor.dims[0]))
      return std::nullopt;
    rows = tensor.dims[0];
  }
  return rows;
}

std::vector<named_tensor> twice(std::vector<named_tensor> tensors) {
  for (auto& tensor : tensors) {
    auto bytes = tensor.data;
    tensor.data.insert(tensor.data.end(), bytes.begin(), bytes.end());
    tensor.dims[0] *= 2;
  }
  return tensors;
}

bool same_but_twice(const std::vector<named_tensor>& one, const std::vector<named_tensor>& two) {
  auto doubled = [](const named_tensor& a, const named_tensor& b) {
    auto dims = a.dims;
    dims[0] *= 2;
    return dims == b.dims;
  };
  return one.size() == two.size() && std::equal(one.begin(), one.end(), two.begin(), doubled);
}

starter_tensor known(const named_tensor& tensor, bool batch) {
  auto dims = tensor.dims;
  if (batch)
    dims[0] = -1;
  return {tensor.name, tensor.type, dims};
}

std::vector<starter_tensor> all_known(const std::vector<named_tensor>& tensors, bool batch) {
  std::vector<starter_tensor> list;
  for (const auto& tensor : tensors)
    list.push_back(known(tensor, batch));
  return list;
}

std::vector<golden_tensor> golden_of(const std::vector<named_tensor>& tensors) {
  std::vector<golden_tensor> list;
  for (const auto& tensor : tensors)
    list.push_back({tensor.dims, tensor.data});
  return list;
}

} // namespace

result<std::vector<starter_tensor>> inputs_of(const model_inspection& found) {
  if (!found.denied.empty())
    return error{error_code::model_failed, "the model would be refused: " + found.denied.front()};
  std::vector<starter_tensor> inputs;
  for (const auto& argument : found.arguments) {
    if (argument.optional)
      continue;
    bool strings = argument.type == "List[str]";
    if (!strings && argument.type != "Tensor")
      return error{error_code::model_failed,
                   "forward() takes '" + argument.name + "' of type " + argument.type
                       + "; only tensors and List[str] can be served: give it a default value, or make it one of them"};
    inputs.push_back({argument.name, strings ? std::optional(datatype::bytes) : std::nullopt, {}});
  }
  if (inputs.empty())
    return error{error_code::model_failed, "forward() takes no tensor; a model needs at least one input"};
  return inputs;
}

result<std::vector<named_tensor>> read_samples(const std::vector<std::string>& samples,
                                               const std::vector<starter_tensor>& inputs) {
  std::vector<named_tensor> read(inputs.size());
  std::size_t next = 0;
  for (auto path : samples) {
    auto place = place_of(path, inputs, next++);
    if (place >= inputs.size() || !read[place].name.empty())
      return wrong("--sample " + path + " is one too many; the model takes " + names_of(inputs));
    auto array = read_npy_file(path, golden_bytes_max);
    if (!array)
      return array.failure();
    read[place] = std::move(*array);
    read[place].name = inputs[place].name;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (read[i].name.empty())
      return wrong("no --sample for '" + inputs[i].name + "'; the model takes " + names_of(inputs));
  return read;
}

result<sampled_model>
sample_model(const std::vector<named_tensor>& samples,
             const std::function<result<std::vector<named_tensor>>(const std::vector<named_tensor>&)>& run) {
  auto outputs = run(samples);
  if (!outputs)
    return outputs.failure();
  bool batch = false;
  auto rows = common_rows(samples);
  if (rows && rows == common_rows(*outputs)) {
    auto more = run(twice(samples));
    batch = more.ok() && same_but_twice(*outputs, *more);
  }
  sampled_model made;
  made.model.inputs = all_known(samples, batch);
  made.model.outputs = all_known(*outputs, batch);
  made.model.max_batch = batch ? std::max(starter_batch, static_cast<std::uint32_t>(*rows)) : 0;
  made.golden.cases.push_back({golden_of(samples), golden_of(*outputs), std::vector<bool>(outputs->size(), true),
                               batch ? static_cast<std::uint32_t>(*rows) : 0});
  return made;
}

model_spec spec_of(const starter_model& model) {
  model_spec spec;
  for (const auto& input : model.inputs)
    spec.inputs.push_back({input.name, *input.type, *input.dims});
  for (const auto& output : model.outputs)
    spec.outputs.push_back({output.name, *output.type, *output.dims});
  spec.max_batch = *model.max_batch;
  return spec;
}

} // namespace troupe

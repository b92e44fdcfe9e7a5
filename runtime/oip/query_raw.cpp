#include "runtime/oip/query_raw.hpp"

#include "runtime/base/byte_strings.hpp"

#include <algorithm>
#include <cstring>

namespace troupe {

namespace {

error refuse(std::string text) {
  return {error_code::invalid_argument, std::move(text)};
}

/// Of BYTES the body is one string, whose free dimensions are 1.
result<tensor_view> raw_string(const tensor_spec& input, tensor_view tensor) {
  std::replace(tensor.dims, tensor.dims + tensor.rank, std::int64_t{-1}, std::int64_t{1});
  if (byte_size(tensor.type, tensor.dims, tensor.rank) != byte_string_overhead)
    return refuse("input '" + input.name + "' has the shape " + to_string(input.dims)
                  + ", and a raw binary request has but one string; describe it in JSON");
  return tensor;
}

/// The only input's shape: one row, and the one free dimension as the body's size tells.
result<tensor_view> raw_tensor(const model_spec& spec, std::string_view body) {
  const auto& input = spec.inputs[0];
  tensor_view tensor;
  tensor.type = input.type;
  tensor.rank = static_cast<std::uint8_t>(input.dims.size());
  tensor.data = reinterpret_cast<const std::byte*>(body.data());
  tensor.size = body.size();
  std::copy(input.dims.begin(), input.dims.end(), tensor.dims);
  if (spec.max_batch > 0)
    tensor.dims[0] = 1;
  if (tensor.type == datatype::bytes)
    return raw_string(input, tensor);
  auto end = tensor.dims + tensor.rank;
  auto free = std::find(tensor.dims, end, -1);
  if (free != end && std::find(free + 1, end, -1) != end)
    return refuse("input '" + input.name + "' has more than one free dimension, " + to_string(input.dims)
                  + ", so a raw binary request can't tell its shape; describe it in JSON");
  if (free == end)
    return tensor;
  *free = 1;
  auto step = byte_size(tensor.type, tensor.dims, tensor.rank).value_or(0);
  if (step == 0 || body.size() % step != 0)
    return refuse("input '" + input.name + "': expected a multiple of " + std::to_string(step) + " bytes for shape "
                  + to_string(input.dims) + " of " + std::string(to_string(input.type)) + ", found "
                  + std::to_string(body.size()));
  *free = static_cast<std::int64_t>(body.size() / step);
  return tensor;
}

/// Makes a BYTES tensor of the body, in the query's memory.
void put_length_before(std::string_view body, tensor_view& tensor, infer_query& into) {
  auto length = static_cast<std::uint32_t>(body.size());
  tensor.size = sizeof length + body.size();
  auto& memory = into.memory.emplace_back(new std::byte[tensor.size]);
  std::memcpy(memory.get(), &length, sizeof length);
  std::memcpy(memory.get() + sizeof length, body.data(), body.size());
  tensor.data = memory.get();
}

} // namespace

std::vector<wanted_output> all_outputs(const model_spec& spec, bool binary) {
  std::vector<wanted_output> all;
  for (std::uint32_t index = 0; index < spec.outputs.size(); ++index)
    all.push_back({index, binary, 0});
  return all;
}

result<infer_query> read_raw_query(std::string_view body, const model_spec& spec) {
  if (spec.inputs.size() != 1)
    return refuse("a raw binary request (Inference-Header-Content-Length: 0) is for models with one input; this one has "
                  + std::to_string(spec.inputs.size()));
  auto tensor = raw_tensor(spec, body);
  if (!tensor)
    return tensor.failure();
  infer_query read;
  if (tensor->type == datatype::bytes)
    put_length_before(body, *tensor, read);
  if (auto checked = check_against(spec.inputs[0], *tensor, "input"); !checked)
    return checked.failure();
  read.inputs.push_back({spec.inputs[0].name, *tensor});
  read.outputs = all_outputs(spec, true);
  return read;
}

} // namespace troupe

#include "runtime/host/tensors.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/zeros.hpp"

#include <ATen/ATen.h>
#include <ATen/core/jit_type.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace troupe {

namespace {

constexpr std::array<at::ScalarType, 10> scalar_types = {at::kBool, at::kByte, at::kChar,     at::kShort, at::kInt,
                                                         at::kLong, at::kHalf, at::kBFloat16, at::kFloat, at::kDouble};

at::ScalarType to_scalar_type(datatype type) {
  return scalar_types[static_cast<std::size_t>(type)];
}

std::optional<datatype> to_datatype(at::ScalarType type) {
  for (std::size_t i = 0; i < scalar_types.size(); ++i)
    if (scalar_types[i] == type)
      return static_cast<datatype>(i);
  return std::nullopt;
}

error wrong(const std::string& message) {
  return {error_code::model_failed, message};
}

error wrong_output(const std::string& name, const std::string& message) {
  return wrong("output '" + name + "': " + message);
}

// -- one output --------------------------------------------------------------------------------------------------------

result<model_output> tensor_output(const at::Tensor& tensor, const std::string& name) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.device().is_cpu())
    return wrong_output(name, "expected a dense tensor on the CPU");
  auto type = to_datatype(tensor.scalar_type());
  if (!type)
    return wrong_output(name, std::string("datatype ") + at::toString(tensor.scalar_type()) + " can't be served");
  if (tensor.dim() > static_cast<std::int64_t>(rank_max))
    return wrong_output(name, "expected at most 8 dimensions, found " + std::to_string(tensor.dim()));
  return model_output{*type, shape(tensor.sizes().begin(), tensor.sizes().end()), tensor};
}

bool is_string_list(const c10::IValue& value) {
  return value.isList() && value.toList().elementType()->kind() == c10::TypeKind::StringType;
}

/// The shape of so many strings, as far as the spec leaves it open.
shape shape_of_strings(const tensor_spec& spec, std::uint32_t rows, std::int64_t count) {
  auto dims = spec.dims;
  if (rows != 0 && !dims.empty() && dims[0] == -1)
    dims[0] = rows;
  auto free = std::find(dims.begin(), dims.end(), -1);
  if (free == dims.end() || std::find(free + 1, dims.end(), -1) != dims.end())
    return dims;
  *free = 1;
  std::int64_t others = 1;
  for (auto dim : dims)
    others *= dim;
  *free = others == 0 ? 0 : count / others;
  return dims;
}

at::Tensor bytes_of(const c10::List<c10::IValue>& strings) {
  std::vector<std::byte> bytes;
  for (const c10::IValue& each : strings)
    append_byte_string(each.toStringRef(), bytes);
  auto data = at::empty({static_cast<std::int64_t>(bytes.size())}, at::kByte);
  if (!bytes.empty())
    std::memcpy(data.data_ptr(), bytes.data(), bytes.size());
  return data;
}

result<model_output> string_output(const c10::List<c10::IValue>& strings, const tensor_spec& spec, std::uint32_t rows) {
  auto count = static_cast<std::int64_t>(strings.size());
  auto dims = shape_of_strings(spec, rows, count);
  auto needed = byte_size(datatype::bytes, dims.data(), dims.size());
  if (!needed || *needed != strings.size() * byte_string_overhead)
    return wrong_output(spec.name, "expected strings for the shape " + to_string(spec.dims)
                                       + (rows == 0 ? "" : " and " + std::to_string(rows) + " rows") + ", found "
                                       + std::to_string(count) + " of them"
                                       + (needed ? "" : "; leave at most one dimension besides the batch free"));
  return model_output{datatype::bytes, std::move(dims), bytes_of(strings)};
}

/// What forward() returned for one output.
result<model_output> output_of(const c10::IValue& value, const tensor_spec& spec, std::uint32_t rows) {
  if (value.isTensor())
    return tensor_output(value.toTensor(), spec.name);
  if (is_string_list(value))
    return string_output(value.toList(), spec, rows);
  return wrong_output(spec.name, "expected a tensor or a List[str], found " + value.tagKind());
}

// -- all outputs -------------------------------------------------------------------------------------------------------

/// What forward() returned, in the spec's order.
result<std::vector<c10::IValue>> in_order(std::vector<c10::IValue> returned, const std::vector<tensor_spec>& outputs) {
  if (returned.size() != outputs.size())
    return wrong("expected " + std::to_string(outputs.size()) + " outputs, found " + std::to_string(returned.size()));
  return returned;
}

result<std::vector<c10::IValue>> by_name(const c10::Dict<c10::IValue, c10::IValue>& returned,
                                         const std::vector<tensor_spec>& outputs) {
  std::vector<c10::IValue> values;
  for (const auto& spec : outputs) {
    auto entry = returned.find(c10::IValue(spec.name));
    if (entry == returned.end())
      return wrong_output(spec.name, "expected a tensor of that name in the model's dictionary, found none");
    values.push_back(entry->value());
  }
  return values;
}

/// One value for each output that forward() returned; nothing if it can't be taken apart.
std::optional<std::vector<c10::IValue>> values_of(const c10::IValue& returned) {
  if (returned.isTensor() || is_string_list(returned))
    return std::vector<c10::IValue>{returned};
  if (returned.isTuple()) {
    const auto& elements = returned.toTupleRef().elements();
    return std::vector<c10::IValue>(elements.begin(), elements.end());
  }
  if (returned.isList())
    return returned.toListRef().vec();
  return std::nullopt;
}

result<std::vector<c10::IValue>> take_apart(const c10::IValue& returned, const std::vector<tensor_spec>& outputs) {
  if (returned.isGenericDict())
    return by_name(returned.toGenericDict(), outputs);
  if (auto values = values_of(returned))
    return in_order(std::move(*values), outputs);
  return wrong("forward() must return a tensor or a List[str], a tuple or list of them, or a dictionary of them, found "
               + returned.tagKind());
}

result<void> check_one(const model_output& output, const tensor_spec& spec, std::uint32_t rows) {
  auto view = make_view(output.type, output.dims, nullptr, output.size());
  if (auto allowed = check_shape(spec, view, "output"); !allowed)
    return wrong(allowed.failure().message);
  if (rows != 0 && output.dims[0] != rows)
    return wrong_output(spec.name, "expected " + std::to_string(rows) + " rows, found " + std::to_string(output.dims[0]));
  return {};
}

void copy(const at::Tensor& from, std::byte* to) {
  if (from.is_contiguous() && !from.is_neg())
    std::memcpy(to, from.data_ptr(), from.nbytes());
  else
    at::from_blob(to, from.sizes(), from.options().requires_grad(false)).copy_(from);
}

host_tensor describe_stored(const model_output& output, std::uint64_t offset) {
  host_tensor entry{};
  entry.offset = offset;
  entry.type = static_cast<std::uint16_t>(output.type);
  entry.size = output.size();
  entry.rank = static_cast<std::uint16_t>(output.dims.size());
  std::copy(output.dims.begin(), output.dims.end(), entry.dims);
  return entry;
}

/// As many outputs as forward() returned, named; those of strings have one free dimension.
std::vector<tensor_spec> names_of(const c10::IValue& returned) {
  std::vector<tensor_spec> names;
  if (returned.isGenericDict()) {
    for (const auto& entry : returned.toGenericDict())
      if (entry.key().isString())
        names.push_back({entry.key().toStringRef(), {}, {-1}});
    return names;
  }
  auto values = values_of(returned);
  auto count = values ? values->size() : 1;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back({count == 1 ? "output" : "output_" + std::to_string(i), {}, {-1}});
  return names;
}

named_tensor copy_one(const model_output& output, const std::string& name) {
  named_tensor made{name, output.type, output.dims, std::vector<std::byte>(output.size())};
  if (!made.data.empty())
    copy(output.data, made.data.data());
  return made;
}

constexpr std::uint64_t align(std::uint64_t bytes) {
  return (bytes + tensor_alignment - 1) / tensor_alignment * tensor_alignment;
}

c10::List<std::string> strings_of(const tensor_view& view) {
  c10::List<std::string> strings;
  byte_string_reader reader(view.data, view.size);
  for (auto next = reader.next(); next; next = reader.next())
    strings.push_back(std::string(*next));
  return strings;
}

} // namespace

c10::IValue model_input(const tensor_view& view) {
  if (view.type == datatype::bytes)
    return strings_of(view);
  auto* data = const_cast<std::byte*>(view.data);
  return at::from_blob(data, at::IntArrayRef(view.dims, view.rank), at::TensorOptions(to_scalar_type(view.type)));
}

c10::IValue zeros(const tensor_spec& spec, std::uint32_t rows) {
  auto dims = zeros_shape(spec, rows);
  if (spec.type != datatype::bytes)
    return at::zeros(dims, at::TensorOptions(to_scalar_type(spec.type)));
  auto count = byte_size(spec.type, dims.data(), dims.size()).value_or(0) / byte_string_overhead;
  auto bytes = zero_byte_strings(count);
  return strings_of(make_view(spec.type, dims, bytes.data(), bytes.size()));
}

c10::TypePtr input_type(datatype type) {
  return type == datatype::bytes ? c10::TypePtr(c10::ListType::create(c10::StringType::get())) : c10::TensorType::get();
}

result<std::vector<model_output>> unpack(const c10::IValue& returned, const std::vector<tensor_spec>& outputs,
                                         std::uint32_t rows) {
  auto values = take_apart(returned, outputs);
  if (!values)
    return values.failure();
  std::vector<model_output> found;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto output = output_of((*values)[i], outputs[i], rows);
    if (!output)
      return output.failure();
    found.push_back(std::move(*output));
  }
  return found;
}

result<std::vector<named_tensor>> copy_outputs(const c10::IValue& returned) {
  auto names = names_of(returned);
  auto outputs = unpack(returned, names, 0);
  if (!outputs)
    return outputs.failure();
  std::vector<named_tensor> copies;
  for (std::size_t i = 0; i < outputs->size(); ++i)
    copies.push_back(copy_one((*outputs)[i], names[i].name));
  return copies;
}

result<void> check(const std::vector<model_output>& found, const std::vector<tensor_spec>& outputs, std::uint32_t rows) {
  for (std::size_t i = 0; i < found.size(); ++i)
    if (auto fits = check_one(found[i], outputs[i], rows); !fits)
      return fits;
  return {};
}

call_outcome store(const std::vector<model_output>& outputs, const output_area& area) {
  call_outcome outcome;
  std::uint64_t used = 0;
  for (const auto& output : outputs) {
    auto entry = describe_stored(output, area.offset + used);
    if (entry.size > area.size - used)
      return {done_status::exhausted,
              "the outputs are larger than the " + std::to_string(area.size) + " bytes that this version may answer with",
              {}};
    if (entry.size > 0)
      copy(output.data, area.memory + entry.offset);
    outcome.outputs.push_back(entry);
    used = std::min(align(used + entry.size), area.size);
  }
  return outcome;
}

} // namespace troupe

#include "runtime/host/tensors.hpp"

#include <ATen/ATen.h>
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

result<std::vector<at::Tensor>> by_name(const c10::Dict<c10::IValue, c10::IValue>& returned,
                                        const std::vector<tensor_spec>& outputs) {
  std::vector<at::Tensor> tensors;
  for (const auto& spec : outputs) {
    auto entry = returned.find(c10::IValue(spec.name));
    if (entry == returned.end() || !entry->value().isTensor())
      return wrong("output '" + spec.name + "': expected a tensor of that name in the model's dictionary, found none");
    tensors.push_back(entry->value().toTensor());
  }
  return tensors;
}

template <class Sequence>
result<std::vector<at::Tensor>> in_order(const Sequence& returned, const std::vector<tensor_spec>& outputs) {
  if (returned.size() != outputs.size())
    return wrong("expected " + std::to_string(outputs.size()) + " outputs, found " + std::to_string(returned.size()));
  std::vector<at::Tensor> tensors;
  for (const auto& element : returned) {
    if (!element.isTensor())
      return wrong("output '" + outputs[tensors.size()].name + "': expected a tensor, found " + element.tagKind());
    tensors.push_back(element.toTensor());
  }
  return tensors;
}

/// A dense tensor's description; the data pointer stays empty, strides are of no interest here.
result<tensor_view> describe(const at::Tensor& tensor, const std::string& name) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.device().is_cpu())
    return wrong("output '" + name + "': expected a dense tensor on the CPU");
  auto type = to_datatype(tensor.scalar_type());
  if (!type)
    return wrong("output '" + name + "': datatype " + at::toString(tensor.scalar_type()) + " can't be served");
  if (tensor.dim() > static_cast<std::int64_t>(rank_max))
    return wrong("output '" + name + "': expected at most 8 dimensions, found " + std::to_string(tensor.dim()));
  tensor_view view;
  view.type = *type;
  view.rank = static_cast<std::uint8_t>(tensor.dim());
  for (std::size_t i = 0; i < view.rank; ++i)
    view.dims[i] = tensor.size(static_cast<std::int64_t>(i));
  view.size = static_cast<std::uint64_t>(tensor.numel()) * element_size(*type);
  return view;
}

result<void> check_one(const at::Tensor& tensor, const tensor_spec& spec, std::uint32_t rows) {
  auto view = describe(tensor, spec.name);
  if (!view)
    return view.failure();
  if (auto fits = check_against(spec, *view, "output"); !fits)
    return wrong(fits.failure().message);
  if (rows != 0 && view->dims[0] != rows)
    return wrong("output '" + spec.name + "': expected " + std::to_string(rows) + " rows, found "
                 + std::to_string(view->dims[0]));
  return {};
}

void copy(const at::Tensor& from, std::byte* to) {
  if (from.is_contiguous() && !from.is_neg())
    std::memcpy(to, from.data_ptr(), from.nbytes());
  else
    at::from_blob(to, from.sizes(), from.options().requires_grad(false)).copy_(from);
}

host_tensor describe_stored(const at::Tensor& tensor, std::uint64_t offset) {
  host_tensor entry{};
  entry.offset = offset;
  entry.type = static_cast<std::uint16_t>(*to_datatype(tensor.scalar_type()));
  entry.size = static_cast<std::uint64_t>(tensor.numel()) * tensor.element_size();
  entry.rank = static_cast<std::uint16_t>(tensor.dim());
  std::copy(tensor.sizes().begin(), tensor.sizes().end(), entry.dims);
  return entry;
}

/// As many outputs as forward() returned, named.
std::vector<tensor_spec> names_of(const c10::IValue& returned) {
  std::vector<tensor_spec> names;
  if (returned.isGenericDict()) {
    for (const auto& entry : returned.toGenericDict())
      if (entry.key().isString())
        names.push_back({entry.key().toStringRef(), {}, {}});
    return names;
  }
  std::size_t count = returned.isTuple()  ? returned.toTupleRef().elements().size()
                      : returned.isList() ? returned.toListRef().size()
                                          : 1;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back({count == 1 ? "output" : "output_" + std::to_string(i), {}, {}});
  return names;
}

result<named_tensor> copy_one(const at::Tensor& tensor, const std::string& name) {
  auto view = describe(tensor, name);
  if (!view)
    return view.failure();
  named_tensor made{name, view->type, view->to_shape(), std::vector<std::byte>(view->size)};
  if (view->size > 0)
    copy(tensor, made.data.data());
  return made;
}

constexpr std::uint64_t align(std::uint64_t bytes) {
  return (bytes + tensor_alignment - 1) / tensor_alignment * tensor_alignment;
}

} // namespace

at::Tensor borrow(const tensor_view& view) {
  auto* data = const_cast<std::byte*>(view.data);
  return at::from_blob(data, at::IntArrayRef(view.dims, view.rank), at::TensorOptions(to_scalar_type(view.type)));
}

at::Tensor zeros(const tensor_spec& spec, std::uint32_t rows) {
  shape dims = spec.dims;
  if (rows != 0)
    dims[0] = rows;
  for (auto& dim : dims)
    dim = dim == -1 ? 1 : dim;
  return at::zeros(dims, at::TensorOptions(to_scalar_type(spec.type)));
}

result<std::vector<at::Tensor>> unpack(const c10::IValue& returned, const std::vector<tensor_spec>& outputs) {
  if (returned.isTensor())
    return in_order(std::array<c10::IValue, 1>{returned}, outputs);
  if (returned.isTuple())
    return in_order(returned.toTupleRef().elements(), outputs);
  if (returned.isList())
    return in_order(returned.toListRef(), outputs);
  if (returned.isGenericDict())
    return by_name(returned.toGenericDict(), outputs);
  return wrong("forward() must return a tensor, a tuple or list of tensors, or a dictionary of them, found "
               + returned.tagKind());
}

result<std::vector<named_tensor>> copy_outputs(const c10::IValue& returned) {
  auto names = names_of(returned);
  auto tensors = unpack(returned, names);
  if (!tensors)
    return tensors.failure();
  std::vector<named_tensor> copies;
  for (std::size_t i = 0; i < tensors->size(); ++i) {
    auto copied = copy_one((*tensors)[i], names[i].name);
    if (!copied)
      return copied.failure();
    copies.push_back(std::move(*copied));
  }
  return copies;
}

result<void> check(const std::vector<at::Tensor>& tensors, const std::vector<tensor_spec>& outputs, std::uint32_t rows) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (auto fits = check_one(tensors[i], outputs[i], rows); !fits)
      return fits;
  return {};
}

call_outcome store(const std::vector<at::Tensor>& tensors, const output_area& area) {
  call_outcome outcome;
  std::uint64_t used = 0;
  for (const auto& tensor : tensors) {
    auto entry = describe_stored(tensor, area.offset + used);
    if (entry.size > area.size - used)
      return {done_status::exhausted,
              "the outputs are larger than the " + std::to_string(area.size) + " bytes that this version may answer with",
              {}};
    copy(tensor, area.memory + entry.offset);
    outcome.outputs.push_back(entry);
    used = std::min(align(used + entry.size), area.size);
  }
  return outcome;
}

} // namespace troupe

#include "runtime/base/tensor.hpp"

#include "runtime/base/byte_strings.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

struct datatype_row {
  datatype type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<datatype_row, 11> datatypes = {{
    {datatype::boolean, "BOOL", 1},
    {datatype::uint8, "UINT8", 1},
    {datatype::int8, "INT8", 1},
    {datatype::int16, "INT16", 2},
    {datatype::int32, "INT32", 4},
    {datatype::int64, "INT64", 8},
    {datatype::fp16, "FP16", 2},
    {datatype::bf16, "BF16", 2},
    {datatype::fp32, "FP32", 4},
    {datatype::fp64, "FP64", 8},
    {datatype::bytes, "BYTES", byte_string_overhead},
}};

const datatype_row* find(datatype type) {
  auto index = static_cast<std::size_t>(type);
  return index < datatypes.size() ? &datatypes[index] : nullptr;
}

bool fits(const shape& expected, const tensor_view& tensor) {
  if (expected.size() != tensor.rank)
    return false;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected[i] != -1 && expected[i] != tensor.dims[i])
      return false;
  return true;
}

error refusal(std::string_view what, const tensor_spec& spec, const std::string& text) {
  return {error_code::invalid_argument, std::string(what) + " '" + spec.name + "': " + text};
}

/// What is wrong with a tensor that isn't whole.
std::string size_problem(const tensor_view& tensor) {
  auto bytes = byte_size(tensor.type, tensor.dims, tensor.rank);
  if (!bytes)
    return "has a negative dimension or overflows";
  if (tensor.type == datatype::bytes)
    return "of BYTES needs " + std::to_string(*bytes / byte_string_overhead)
           + " strings, each its length (4 bytes, little-endian) and so many bytes; the " + std::to_string(tensor.size)
           + " bytes found are something else";
  return "of " + std::string(to_string(tensor.type)) + " needs " + std::to_string(*bytes) + " bytes, found "
         + std::to_string(tensor.size);
}

} // namespace

std::string_view to_string(datatype type) {
  auto row = find(type);
  return row == nullptr ? "unknown" : row->name;
}

std::optional<datatype> datatype_from(std::string_view name) {
  for (const auto& row : datatypes)
    if (row.name == name)
      return row.type;
  return std::nullopt;
}

std::string datatype_names() {
  std::string text;
  for (const auto& row : datatypes)
    text += (text.empty() ? "" : row.type == datatype::bytes ? " or " : ", ") + std::string(row.name);
  return text;
}

std::size_t element_size(datatype type) {
  auto row = find(type);
  return row == nullptr ? 0 : row->size;
}

std::string to_string(const shape& dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
  return text + "]";
}

std::optional<std::uint64_t> byte_size(datatype type, const std::int64_t* dims, std::size_t rank) {
  auto total = static_cast<std::int64_t>(element_size(type));
  bool zero = false;
  for (std::size_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return std::nullopt;
    zero = zero || dims[i] == 0;
    // A zero dimension must not hide an overflow in the others.
    if (dims[i] != 0 && __builtin_mul_overflow(total, dims[i], &total))
      return std::nullopt;
  }
  return zero ? 0 : static_cast<std::uint64_t>(total);
}

bool is_whole(const tensor_view& tensor) {
  auto bytes = byte_size(tensor.type, tensor.dims, tensor.rank);
  if (!bytes || tensor.type != datatype::bytes)
    return bytes && *bytes == tensor.size;
  return bytes_of_strings(tensor.data, tensor.size, *bytes / byte_string_overhead) == tensor.size;
}

tensor_view make_view(datatype type, const shape& dims, const std::byte* data, std::uint64_t size) {
  tensor_view view;
  view.type = type;
  view.rank = static_cast<std::uint8_t>(dims.size());
  std::copy(dims.begin(), dims.end(), view.dims);
  view.data = data;
  view.size = size;
  return view;
}

result<void> check_shape(const tensor_spec& spec, const tensor_view& tensor, std::string_view what) {
  if (tensor.type != spec.type)
    return refusal(what, spec,
                   "expected datatype " + std::string(to_string(spec.type)) + ", found " + std::string(to_string(tensor.type)));
  if (!fits(spec.dims, tensor))
    return refusal(what, spec, "expected shape " + to_string(spec.dims) + ", found " + to_string(tensor.to_shape()));
  return {};
}

result<void> check_against(const tensor_spec& spec, const tensor_view& tensor, std::string_view what) {
  if (auto allowed = check_shape(spec, tensor, what); !allowed)
    return allowed;
  if (!is_whole(tensor))
    return refusal(what, spec, "shape " + to_string(tensor.to_shape()) + " " + size_problem(tensor));
  return {};
}

} // namespace troupe

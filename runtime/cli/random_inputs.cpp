#include "runtime/cli/random_inputs.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/element.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace troupe {

namespace {

constexpr std::uint64_t integers = 10;

error wrong(const std::string& message) {
  return {error_code::invalid_argument, message};
}

/// Nothing but sizes of 0 or more, and at most rank_max of them.
std::optional<shape> shape_from(std::string_view text) {
  shape dims;
  for (bool more = true; more;) {
    auto comma = text.find(',');
    auto part = text.substr(0, comma);
    std::int64_t dim = -1;
    auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), dim);
    if (failure != std::errc() || end != part.data() + part.size() || dim < 0 || dims.size() == rank_max)
      return std::nullopt;
    dims.push_back(dim);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
  }
  return dims;
}

/// The spec's dimensions with `rows` for the batch; the others that are free stay so.
shape shape_of(const tensor_spec& spec, bool batches, std::uint64_t rows) {
  auto dims = spec.dims;
  if (batches && !dims.empty() && dims.front() == -1)
    dims.front() = static_cast<std::int64_t>(rows);
  return dims;
}

std::string example_of(const tensor_spec& spec, const shape& dims) {
  std::string text = "--shape " + spec.name + "=";
  for (std::size_t i = 0; i < dims.size(); ++i)
    text += (i == 0 ? "" : ",") + std::to_string(dims[i] == -1 ? 1 : dims[i]);
  return printable(text);
}

template <class Element>
void put(std::byte* at, Element value) {
  std::memcpy(at, &value, sizeof value);
}

void fill(datatype type, std::byte* at, rng& chance) {
  switch (type) {
  case datatype::fp64: return put(at, chance.unit());
  case datatype::fp32: return put(at, static_cast<float>(chance.unit()));
  case datatype::fp16: return put(at, half_bits(chance.unit()));
  case datatype::bf16: return put(at, brain_half_bits(chance.unit()));
  case datatype::boolean: return put(at, static_cast<std::uint8_t>(chance.below(2)));
  default: *at = static_cast<std::byte>(chance.below(integers)); // little-endian: the bytes above stay zero
  }
}

/// Texts of numbers, which most models of texts can read.
std::vector<std::byte> random_strings(std::uint64_t count, rng& chance) {
  std::vector<std::byte> strings;
  for (; count > 0; --count)
    append_byte_string(std::to_string(chance.below(integers)), strings);
  return strings;
}

result<named_tensor> random_input(const tensor_spec& spec, const shape& dims, std::uint64_t bytes_max, rng& chance) {
  if (std::count(dims.begin(), dims.end(), -1) > 0)
    return wrong("input '" + printable(spec.name) + "' has the shape " + to_string(spec.dims) + " with free dimensions; write "
                 + example_of(spec, dims));
  auto bytes = byte_size(spec.type, dims.data(), dims.size());
  if (!bytes || *bytes > bytes_max)
    return wrong("input '" + printable(spec.name) + "' of shape " + to_string(dims)
                 + " is larger than the node takes in a request (" + human_size(bytes_max) + ")");
  if (spec.type == datatype::bytes)
    return named_tensor{spec.name, spec.type, dims, random_strings(*bytes / byte_string_overhead, chance)};
  named_tensor input{spec.name, spec.type, dims, std::vector<std::byte>(*bytes)};
  for (std::size_t at = 0; at < input.data.size(); at += element_size(spec.type))
    fill(spec.type, input.data.data() + at, chance);
  return input;
}

} // namespace

result<input_shapes> parse_shapes(const std::vector<std::string>& texts) {
  input_shapes shapes;
  for (const auto& text : texts) {
    auto equals = text.find('=');
    auto dims = equals == std::string::npos || equals == 0 ? std::nullopt : shape_from(std::string_view(text).substr(equals + 1));
    if (!dims)
      return wrong("--shape " + printable(text) + ": expected NAME=1,784, at most " + std::to_string(rank_max) + " dimensions");
    shapes[text.substr(0, equals)] = *dims;
  }
  return shapes;
}

result<std::vector<named_tensor>> random_inputs(const model_signature& model, const input_shapes& shapes, std::uint64_t rows,
                                                std::uint64_t bytes_max, rng chance) {
  for (const auto& [name, dims] : shapes)
    if (std::none_of(model.inputs.begin(), model.inputs.end(),
                     [&name = name](const tensor_spec& one) { return one.name == name; }))
      return wrong("--shape " + printable(name) + ": the model has no such input");
  std::vector<named_tensor> inputs;
  for (const auto& spec : model.inputs) {
    auto given = shapes.find(spec.name);
    if (given != shapes.end())
      if (auto outcome = check_shape(spec, make_view(spec.type, given->second, nullptr, 0), "--shape: input"); !outcome)
        return outcome.failure();
    auto input =
        random_input(spec, given == shapes.end() ? shape_of(spec, model.batches, rows) : given->second, bytes_max, chance);
    if (!input)
      return input.failure();
    inputs.push_back(std::move(*input));
  }
  return inputs;
}

} // namespace troupe

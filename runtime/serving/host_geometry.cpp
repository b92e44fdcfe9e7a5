#include "runtime/serving/host_geometry.hpp"

#include <algorithm>
#include <optional>

namespace troupe {

namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Bytes of one tensor with `rows` rows, or nothing if another dimension is free, or its elements are strings.
std::optional<std::uint64_t> known_bytes(const tensor_spec& spec, std::uint32_t rows) {
  if (spec.type == datatype::bytes)
    return std::nullopt;
  auto dims = spec.dims;
  if (rows > 0 && !dims.empty())
    dims[0] = rows;
  return byte_size(spec.type, dims.data(), dims.size());
}

std::uint64_t area_bytes(const std::vector<tensor_spec>& specs, std::uint32_t rows, std::uint64_t limit) {
  auto most = std::min(limit, host_area_bytes_max) + specs.size() * tensor_alignment;
  std::uint64_t total = 0;
  for (const auto& spec : specs) {
    auto bytes = known_bytes(spec, rows);
    total = bytes && *bytes < most ? std::min(total + round_up(*bytes, tensor_alignment), most) : most;
  }
  return round_up(std::max(total, host_page_size), host_page_size);
}

} // namespace

host_geometry geometry_of(const model_spec& spec) {
  return {area_bytes(spec.inputs, spec.max_batch, spec.input_bytes_max),
          area_bytes(spec.outputs, spec.max_batch, spec.output_bytes_max)};
}

} // namespace troupe

#include "runtime/gateway/forward_codec.hpp"

#include <cstring>

namespace troupe {

namespace {

error refuse(std::string text) {
  return {error_code::invalid_argument, std::move(text)};
}

} // namespace

std::uint64_t words_for(const std::vector<tensor_view>& tensors) {
  constexpr std::uint64_t overhead = 16; // its struct, its dimensions, rounding
  std::uint64_t words = 0;
  for (const auto& each : tensors)
    words += each.size / sizeof(capnp::word) + overhead;
  return words;
}

void write_tensors(capnp::List<schema::ForwardTensor>::Builder into, const std::vector<tensor_view>& tensors) {
  for (unsigned i = 0; i < tensors.size(); ++i) {
    const auto& from = tensors[i];
    into[i].setDatatype(static_cast<schema::Datatype>(from.type));
    auto dims = into[i].initShape(from.rank);
    for (unsigned d = 0; d < from.rank; ++d)
      dims.set(d, from.dims[d]);
    auto data = into[i].initData(static_cast<unsigned>(from.size));
    if (from.size > 0)
      std::memcpy(data.begin(), from.data, from.size);
  }
}

result<std::vector<tensor_view>> read_tensors(const std::vector<tensor_spec>& specs,
                                              capnp::List<schema::ForwardTensor>::Reader list) {
  if (list.size() != specs.size())
    return refuse(std::to_string(list.size()) + " tensors came, the model has " + std::to_string(specs.size()));
  std::vector<tensor_view> tensors;
  tensors.reserve(specs.size());
  for (auto each : list) {
    auto dims = each.getShape();
    if (dims.size() > rank_max)
      return refuse("tensor '" + specs[tensors.size()].name + "' has " + std::to_string(dims.size()) + " dimensions; at most "
                    + std::to_string(rank_max) + " are served");
    auto data = each.getData();
    tensor_view next;
    next.type = static_cast<datatype>(each.getDatatype());
    next.rank = static_cast<std::uint8_t>(dims.size());
    for (unsigned d = 0; d < dims.size(); ++d)
      next.dims[d] = dims[d];
    next.data = reinterpret_cast<const std::byte*>(data.begin());
    next.size = data.size();
    tensors.push_back(next);
  }
  return tensors;
}

result<std::vector<tensor_view>> read_outputs(const model_spec& spec, std::uint32_t rows,
                                              capnp::List<schema::ForwardTensor>::Reader list) {
  auto tensors = read_tensors(spec.outputs, list);
  if (!tensors)
    return tensors;
  for (std::size_t i = 0; i < tensors->size(); ++i) {
    const auto& each = (*tensors)[i];
    if (auto checked = check_against(spec.outputs[i], each, "output"); !checked)
      return checked.failure();
    if (spec.max_batch > 0 && each.dims[0] != rows)
      return refuse("output '" + spec.outputs[i].name + "' has " + std::to_string(each.dims[0]) + " rows, the request "
                    + std::to_string(rows));
  }
  return tensors;
}

} // namespace troupe

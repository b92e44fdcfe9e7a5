#include "runtime/cli/wire.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/cli/exit_code.hpp"

namespace troupe {

// The schema's numbers are ours: see the notes at both enumerations.
static_assert(static_cast<int>(schema::Code::CANCELLED) == static_cast<int>(error_code::cancelled));
static_assert(static_cast<int>(schema::Datatype::BYTES) == static_cast<int>(datatype::bytes));

error error_of(schema::Error::Reader refusal) {
  auto code = static_cast<std::uint16_t>(refusal.getCode());
  bool known = code < error_code_count;
  return {known ? static_cast<error_code>(code) : error_code::internal, printable(text_of(refusal.getMessage()))};
}

void require_ok(schema::Error::Reader outcome) {
  if (outcome.getCode() == schema::Code::OK)
    return;
  auto refusal = error_of(outcome);
  throw command_failure(exit_code_of(refusal), refusal.message);
}

named_tensor tensor_of(schema::Tensor::Reader tensor) {
  named_tensor copy;
  copy.name = text_of(tensor.getName());
  copy.type = static_cast<datatype>(tensor.getDatatype());
  for (auto dim : tensor.getShape())
    copy.dims.push_back(dim);
  auto bytes = tensor.getData();
  auto first = reinterpret_cast<const std::byte*>(bytes.begin());
  bool readable = element_size(copy.type) > 0 && copy.dims.size() <= rank_max
                  && is_whole(make_view(copy.type, copy.dims, first, bytes.size()));
  if (!readable)
    throw command_failure(exit_code::failed, "the node's answer is malformed: output '" + printable(copy.name) + "' of shape "
                                                 + to_string(copy.dims) + " came with " + std::to_string(bytes.size())
                                                 + " bytes");
  copy.data.assign(first, first + bytes.size());
  return copy;
}

} // namespace troupe

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/infer_round_trip.hpp"

namespace troupe {

namespace {

/// Takes raw binary requests: one input of one datatype.
model_spec echo_of_one(std::size_t index) {
  auto spec = echo_of_all_datatypes();
  spec.inputs = {spec.inputs[index % spec.inputs.size()]};
  spec.inputs[0].dims = {-1, 2};
  spec.outputs = spec.inputs;
  spec.max_batch = index / 16 % 4;
  return spec;
}

} // namespace

/// An inference request with binary tensors. Its first two bytes are the header that says how much is JSON, the third is the model: 0 takes an
/// input of each datatype, others one.
void fuzz_one(std::string_view input) {
  static const auto echo = echo_of_all_datatypes();
  auto header_length = take<std::uint16_t>(input);
  auto model = take<std::uint8_t>(input);
  check_infer_round_trip(input, header_length, model == 0 ? echo : echo_of_one(model));
}

} // namespace troupe

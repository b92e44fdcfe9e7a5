#include "runtime/oip/golden_json.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

/// Two inputs and two outputs of datatypes that the first byte chooses; with a batch if it is odd.
model_spec spec_of(std::uint8_t choice) {
  auto type = static_cast<datatype>(choice / 2);
  if (element_size(type) == 0)
    type = datatype::fp32;
  model_spec spec;
  spec.inputs = {{"a", type, {-1, 2}}, {"b", datatype::fp32, {-1, -1, -1}}};
  spec.outputs = {{"c", type, {-1}}, {"d", datatype::fp64, {-1, -1}}};
  spec.max_batch = choice % 2 == 0 ? 0 : 4;
  return spec;
}

bool same(const golden_tensor& a, const golden_tensor& b) {
  return a.dims == b.dims && a.data == b.data;
}

bool same(const std::vector<golden_tensor>& a, const std::vector<golden_tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
}

bool same(const golden_case& a, const golden_case& b) {
  return same(a.inputs, b.inputs) && same(a.outputs, b.outputs) && a.compared == b.compared && a.rows == b.rows;
}

bool same(const golden_set& a, const golden_set& b) {
  return a.tolerance.absolute == b.tolerance.absolute && a.tolerance.relative == b.tolerance.relative
         && std::equal(a.cases.begin(), a.cases.end(), b.cases.begin(), b.cases.end(),
                       [](const auto& x, const auto& y) { return same(x, y); });
}

} // namespace

/// A golden.json behind one byte that chooses the model. What was read is written and read again unchanged.
void fuzz_one(std::string_view input) {
  auto spec = spec_of(take<std::uint8_t>(input));
  auto read = parse_golden(input, "golden.json", spec);
  if (!read) {
    require(read.failure().code == error_code::invalid_argument && !read.failure().message.empty(), "a refusal says why");
    return;
  }
  auto again = parse_golden(write_golden(*read, spec), "golden.json", spec);
  require(again.ok(), "what was written can be read");
  require(same(*read, *again), "the cases come back");
}

} // namespace troupe

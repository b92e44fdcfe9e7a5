#include "runtime/policy/golden_check.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/element.hpp"
#include "runtime/base/printable.hpp"

#include <cmath>
#include <cstdio>

namespace troupe {

namespace {

/// Of a string in a message.
constexpr std::size_t string_shown_max = 64;

/// One output that the model gave, and what is expected of it.
struct compared_output {
  const tensor_view& found;
  const golden_tensor* expected; ///< null: any finite values
  const golden_tolerance& tolerance;
  bool finite_only;
};

/// "[0, 3]" of the flat index; "" of a scalar's only element.
std::string position(const tensor_view& tensor, std::uint64_t index) {
  shape at(tensor.rank);
  for (std::size_t d = tensor.rank; d-- > 0; index /= static_cast<std::uint64_t>(tensor.dims[d]))
    at[d] = static_cast<std::int64_t>(index % static_cast<std::uint64_t>(tensor.dims[d]));
  return tensor.rank == 0 ? "" : to_string(at);
}

bool reals_fit(double expected, double found, const golden_tolerance& tolerance) {
  if (std::isnan(expected) || std::isnan(found))
    return std::isnan(expected) && std::isnan(found);
  if (std::isinf(expected) || std::isinf(found))
    return expected == found;
  return std::fabs(found - expected) <= tolerance.absolute + tolerance.relative * std::fabs(expected);
}

std::string tolerance_text(const golden_tolerance& tolerance) {
  char text[80];
  std::snprintf(text, sizeof text, " (tolerance %g + %g relative)", tolerance.absolute, tolerance.relative);
  return text;
}

/// What is wrong with a real element, or "".
std::string real_problem(const compared_output& output, const std::byte* expected, const std::byte* found) {
  auto type = output.found.type;
  auto value = real_at(type, found);
  if (output.finite_only && !std::isfinite(value))
    return "expected " + (expected == nullptr ? "a finite number" : element_text(type, expected)) + ", found "
           + element_text(type, found) + " (outputs must be finite unless model.toml says allow_non_finite = true)";
  if (expected == nullptr || reals_fit(real_at(type, expected), value, output.tolerance))
    return "";
  return "expected " + element_text(type, expected) + ", found " + element_text(type, found) + tolerance_text(output.tolerance);
}

/// What is wrong with an element, or "".
std::string problem_at(const compared_output& output, std::uint64_t index) {
  auto type = output.found.type;
  auto offset = index * element_size(type);
  auto found = output.found.data + offset;
  auto expected = output.expected == nullptr ? nullptr : output.expected->data.data() + offset;
  if (is_real(type))
    return real_problem(output, expected, found);
  if (expected == nullptr || integer_at(type, expected) == integer_at(type, found))
    return "";
  return "expected " + element_text(type, expected) + ", found " + element_text(type, found);
}

std::string string_text(const std::optional<std::string_view>& text) {
  return text ? "\"" + printable(text->substr(0, string_shown_max)) + (text->size() > string_shown_max ? "…\"" : "\"") : "none";
}

/// What is wrong with an output of BYTES, with its place, or "".
std::string strings_problem(const compared_output& output) {
  if (output.expected == nullptr)
    return "";
  byte_string_reader expected(output.expected->data.data(), output.expected->data.size());
  byte_string_reader found(output.found.data, output.found.size);
  for (std::uint64_t i = 0;; ++i) {
    auto wanted = expected.next();
    auto given = found.next();
    if (wanted != given)
      return position(output.found, i) + ": expected " + string_text(wanted) + ", found " + string_text(given);
    if (!wanted)
      return "";
  }
}

/// "[0, 3]: expected …" or ": expected shape …" of the first thing that is wrong, or "".
std::string problem_of(const compared_output& output) {
  if (output.expected != nullptr && output.expected->dims != output.found.to_shape())
    return ": expected shape " + to_string(output.expected->dims) + ", found " + to_string(output.found.to_shape());
  if (output.found.type == datatype::bytes)
    return strings_problem(output);
  auto count = output.found.size / element_size(output.found.type);
  for (std::uint64_t i = 0; i < count; ++i)
    if (auto problem = problem_at(output, i); !problem.empty())
      return position(output.found, i) + ": " + problem;
  return "";
}

} // namespace

result<void> check_golden(const model_spec& spec, const golden_set& set, std::size_t case_index,
                          const std::vector<tensor_view>& outputs) {
  const auto& golden = set.cases[case_index];
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    auto expected = golden.compared[i] ? &golden.outputs[i] : nullptr;
    if (auto problem = problem_of({outputs[i], expected, set.tolerance, !spec.allow_non_finite}); !problem.empty())
      return error{error_code::invalid_argument,
                   "golden.json: case " + std::to_string(case_index) + ": output '" + spec.outputs[i].name + "'" + problem};
  }
  return {};
}

} // namespace troupe

#include "runtime/policy/request_check.hpp"

#include <algorithm>
#include <numeric>

namespace troupe {

namespace {

error refuse(std::string text) {
  return {error_code::invalid_argument, std::move(text)};
}

std::string names_of(const std::vector<tensor_spec>& specs) {
  std::string text;
  for (const auto& spec : specs)
    text += (text.empty() ? "'" : ", '") + spec.name + "'";
  return text;
}

/// Why the names don't match: what is unknown, double or missing.
error explain_names(const model_spec& spec, const std::vector<named_view>& given) {
  for (const auto& [name, tensor] : given) {
    auto same = [n = name](const auto& other) { return other.name == n; };
    if (std::none_of(spec.inputs.begin(), spec.inputs.end(), same))
      return refuse("input '" + quotable(name) + "' is not one of this model's; it takes " + names_of(spec.inputs));
    if (std::count_if(given.begin(), given.end(), same) > 1)
      return refuse("input '" + quotable(name) + "' is given more than once");
  }
  for (const auto& input : spec.inputs)
    if (std::none_of(given.begin(), given.end(), [&](const auto& g) { return g.name == input.name; }))
      return refuse("input '" + input.name + "' is missing; the model takes " + names_of(spec.inputs));
  return {error_code::internal, "inputs match"};
}

result<std::uint32_t> check_rows(const model_spec& spec, const std::vector<tensor_view>& ordered) {
  if (spec.max_batch == 0)
    return 0U;
  auto rows = ordered.front().dims[0];
  for (std::size_t i = 1; i < ordered.size(); ++i)
    if (ordered[i].dims[0] != rows)
      return refuse("input '" + spec.inputs[i].name + "' has " + std::to_string(ordered[i].dims[0]) + " rows, input '"
                    + spec.inputs[0].name + "' has " + std::to_string(rows) + "; all must have the same");
  if (rows < 1)
    return refuse("the request has 0 rows; send at least 1");
  if (rows > spec.max_batch)
    return refuse("the request has " + std::to_string(rows) + " rows, the model takes at most " + std::to_string(spec.max_batch)
                  + " (max_batch in model.toml); send several requests");
  return static_cast<std::uint32_t>(rows);
}

result<void> check_bytes(const model_spec& spec, const std::vector<tensor_view>& ordered) {
  std::uint64_t total = 0;
  for (const auto& tensor : ordered)
    total += tensor.size;
  if (total > spec.input_bytes_max)
    return refuse("the inputs have " + std::to_string(total) + " bytes, the model takes at most "
                  + std::to_string(spec.input_bytes_max) + " (limits.input_bytes in model.toml)");
  return {};
}

} // namespace

std::string quotable(std::string_view name) {
  constexpr std::size_t quoted_max = 128;
  return name.size() <= quoted_max ? std::string(name) : std::string(name.substr(0, quoted_max)) + "…";
}

result<std::uint32_t> check_request(const model_spec& spec, const std::vector<named_view>& given,
                                    std::vector<tensor_view>& ordered) {
  if (given.size() != spec.inputs.size())
    return explain_names(spec, given);
  ordered.clear();
  for (const auto& input : spec.inputs) {
    auto found = std::find_if(given.begin(), given.end(), [&](const named_view& g) { return g.name == input.name; });
    if (found == given.end())
      return explain_names(spec, given);
    if (auto checked = check_against(input, found->tensor, "input"); !checked)
      return checked.failure();
    ordered.push_back(found->tensor);
  }
  if (auto checked = check_bytes(spec, ordered); !checked)
    return checked.failure();
  return check_rows(spec, ordered);
}

result<std::vector<std::uint32_t>> select_outputs(const model_spec& spec, const std::vector<std::string_view>& names) {
  std::vector<std::uint32_t> selected(names.empty() ? spec.outputs.size() : 0);
  std::iota(selected.begin(), selected.end(), 0U);
  for (auto name : names) {
    auto found = std::find_if(spec.outputs.begin(), spec.outputs.end(), [&](const tensor_spec& s) { return s.name == name; });
    if (found == spec.outputs.end())
      return refuse("output '" + quotable(name) + "' is not one of this model's; it gives " + names_of(spec.outputs));
    auto index = static_cast<std::uint32_t>(found - spec.outputs.begin());
    if (std::find(selected.begin(), selected.end(), index) != selected.end())
      return refuse("output '" + quotable(name) + "' is asked for more than once");
    selected.push_back(index);
  }
  return selected;
}

bool takes_same_inputs(const model_spec& a, const model_spec& b) {
  return a.inputs == b.inputs && (a.max_batch == 0) == (b.max_batch == 0);
}

} // namespace troupe

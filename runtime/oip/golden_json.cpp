#include "runtime/oip/golden_json.hpp"

#include "runtime/base/nearest.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/oip/json_bounds.hpp"
#include "runtime/oip/json_fields.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

using json = nlohmann::json;
using json_type = json::value_t;

/// root, cases, case, inputs, tensor, data, and the data's own nesting.
constexpr std::size_t golden_depth_max = 6 + rank_max;

std::string names_of(const std::vector<tensor_spec>& specs) {
  std::string text;
  for (const auto& spec : specs)
    text += (text.empty() ? "'" : ", '") + spec.name + "'";
  return text;
}

double read_tolerance_of(const json& tolerance, const char* key, double value) {
  auto found = tolerance.find(key);
  if (found == tolerance.end())
    return value;
  if (!found->is_number() || found->get<double>() < 0)
    refuse_json(std::string("tolerance.") + key, "expected a number of 0 or more, found " + json_excerpt(*found));
  return found->get<double>();
}

golden_tolerance read_tolerance(const json& root) {
  golden_tolerance read;
  if (!root.contains("tolerance"))
    return read;
  const auto& tolerance = field(root, "", "tolerance", json_type::object);
  refuse_unknown(tolerance, "tolerance", {"absolute", "relative"});
  read.absolute = read_tolerance_of(tolerance, "absolute", read.absolute);
  read.relative = read_tolerance_of(tolerance, "relative", read.relative);
  return read;
}

/// Reads one case; everything it throws begins with the case.
class case_reader {
public:
  case_reader(const model_spec& spec, std::size_t index) : spec_(spec), case_("case " + std::to_string(index)) {}

  golden_case read(const json& value) {
    typed(value, case_, json_type::object);
    refuse_unknown(value, case_, {"inputs", "outputs"});
    read_list(field(value, case_, "inputs", json_type::array), "input", spec_.inputs, read_.inputs);
    read_.compared = read_list(field(value, case_, "outputs", json_type::array), "output", spec_.outputs, read_.outputs);
    check_inputs();
    if (std::find(read_.compared.begin(), read_.compared.end(), true) == read_.compared.end())
      refuse_json(case_, "expected at least one output to compare, found none; the model gives " + names_of(spec_.outputs));
    return std::move(read_);
  }

private:
  /// Puts the tensors into the order of `specs` and says which there are.
  std::vector<bool> read_list(const json& list, const std::string& what, const std::vector<tensor_spec>& specs,
                              std::vector<golden_tensor>& into) {
    into.resize(specs.size());
    std::vector<bool> there(specs.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto index = find_spec(list[i], case_ + ": " + at_index(what + "s", i), what, specs);
      if (there[index])
        refuse_json(case_, what + " '" + specs[index].name + "' is given more than once");
      there[index] = true;
      into[index] = read_tensor(list[i], what, specs[index]);
    }
    if (what == "input")
      for (std::size_t i = 0; i < specs.size(); ++i)
        if (!there[i])
          refuse_json(case_, "input '" + specs[i].name + "' is missing; the model takes " + names_of(specs));
    return there;
  }

  std::size_t find_spec(const json& tensor, const std::string& path, const std::string& what,
                        const std::vector<tensor_spec>& specs) {
    const auto& name =
        field(typed(tensor, path, json_type::object), path, "name", json_type::string).get_ref<const std::string&>();
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].name == name)
        return i;
      names.push_back(specs[i].name);
    }
    refuse_json(path + ".name",
                "'" + printable(name.substr(0, 128)) + "' is no " + what + " of model.toml; " + advice_on_key(name, names));
  }

  golden_tensor read_tensor(const json& given, const std::string& what, const tensor_spec& spec) {
    auto read = read_oip_tensor(given, case_ + ": " + what + " '" + spec.name + "'", half_reals::rounded);
    auto view = make_view(read.type, read.dims, read.data.data(), read.data.size());
    if (auto checked = check_against(spec, view, what); !checked)
      refuse_json(case_, checked.failure().message);
    if (spec_.max_batch > 0)
      check_rows(what + " '" + spec.name + "'", read.dims[0]);
    return {std::move(read.dims), std::move(read.data)};
  }

  /// The first tensor says how many rows the case has.
  void check_rows(const std::string& tensor, std::int64_t rows) {
    if (read_.rows == 0 && (rows < 1 || rows > spec_.max_batch))
      refuse_json(case_, tensor + ": expected 1 to " + std::to_string(spec_.max_batch) + " rows (max_batch in model.toml), found "
                             + std::to_string(rows));
    if (read_.rows == 0)
      read_.rows = static_cast<std::uint32_t>(rows);
    if (rows != read_.rows)
      refuse_json(case_, tensor + ": expected " + std::to_string(read_.rows) + " rows as in the case's first input, found "
                             + std::to_string(rows));
  }

  void check_inputs() const {
    std::uint64_t bytes = 0;
    for (const auto& input : read_.inputs)
      bytes += input.data.size();
    if (bytes > spec_.input_bytes_max)
      refuse_json(case_, "the inputs have " + std::to_string(bytes) + " bytes, the model takes at most "
                             + std::to_string(spec_.input_bytes_max) + " (limits.input_bytes in model.toml)");
  }

  const model_spec& spec_;
  const std::string case_;
  golden_case read_;
};

golden_set read_set(const json& root, const model_spec& spec) {
  typed(root, "the document", json_type::object);
  refuse_unknown(root, "the document", {"tolerance", "cases"});
  golden_set set;
  set.tolerance = read_tolerance(root);
  if (!root.contains("cases"))
    refuse_json("the document", "field 'cases' is missing; expected an array");
  const auto& cases = field(root, "", "cases", json_type::array);
  if (cases.empty() || cases.size() > golden_cases_max)
    refuse_json("cases", "expected 1 to " + std::to_string(golden_cases_max) + " cases, found " + std::to_string(cases.size()));
  for (std::size_t i = 0; i < cases.size(); ++i)
    set.cases.push_back(case_reader(spec, i).read(cases[i]));
  return set;
}

/// `[{"name": …}, …]` of the tensors that `there` has.
std::string tensors_text(const std::vector<golden_tensor>& tensors, const std::vector<tensor_spec>& specs,
                         const std::vector<bool>& there) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (there[i])
      list.push_back(oip_tensor({specs[i].name, specs[i].type, tensors[i].dims, tensors[i].data}));
  return list.dump();
}

} // namespace

result<golden_set> parse_golden(std::string_view text, std::string_view file_name, const model_spec& spec) {
  auto file = std::string(file_name) + ": ";
  if (text.size() > golden_bytes_max)
    return error{error_code::invalid_argument,
                 file + human_size(text.size()) + " is too large, expected at most " + human_size(golden_bytes_max)};
  if (auto bounded = check_json_bounds(text, golden_depth_max); !bounded)
    return error{error_code::invalid_argument, file + bounded.failure().message};
  try {
    return read_set(json::parse(text), spec);
  } catch (const bad_json& failure) {
    return error{error_code::invalid_argument, file + failure.message};
  } catch (const json::exception& failure) {
    return error{error_code::invalid_argument, file + not_json(failure).message};
  }
}

std::string write_golden(const golden_set& set, const model_spec& spec) {
  nlohmann::ordered_json tolerance = {{"absolute", set.tolerance.absolute}, {"relative", set.tolerance.relative}};
  auto text = "{\"tolerance\": " + tolerance.dump() + ",\n \"cases\": [";
  for (std::size_t i = 0; i < set.cases.size(); ++i) {
    const auto& one = set.cases[i];
    text += std::string(i == 0 ? "\n" : ",\n")
            + "  {\"inputs\": " + tensors_text(one.inputs, spec.inputs, std::vector<bool>(one.inputs.size(), true))
            + ",\n   \"outputs\": " + tensors_text(one.outputs, spec.outputs, one.compared) + "}";
  }
  return text + "\n ]}\n";
}

} // namespace troupe

#include "runtime/oip/query_output.hpp"

namespace troupe {

namespace {

std::uint32_t read_classes(json_value& value, const std::string& path) {
  constexpr const char* expected = "a number of classes from 1 to 4294967295";
  auto classes = count_of(value, path, expected);
  if (classes == 0 || classes > UINT32_MAX)
    refuse_json(path, std::string("expected ") + expected + ", found " + std::to_string(classes));
  return static_cast<std::uint32_t>(classes);
}

void read_parameters(json_value& value, const std::string& path, asked_output& into) {
  auto object = object_of(value, path);
  for_each_field(object, path, [&](std::string_view key, json_value parameter) {
    refuse_shared_memory(key, path);
    if (key == "binary_data")
      into.binary = flag_of(parameter, path + ".binary_data");
    else if (key == "classification")
      into.wanted.classes = read_classes(parameter, path + ".classification");
    else
      return false;
    return true;
  });
}

} // namespace

asked_output read_query_output(json_value& output, const std::string& path, const model_spec& spec) {
  asked_output read;
  bool named = false;
  auto object = object_of(output, path);
  for_each_field(object, path, [&](std::string_view key, json_value value) {
    if (key == "name") {
      read.wanted.index = static_cast<std::uint32_t>(index_of_name(value, path + ".name", spec.outputs, "output"));
      named = true;
    } else if (key == "parameters") {
      read_parameters(value, path + ".parameters", read);
    } else {
      return false;
    }
    return true;
  });
  if (!named)
    refuse_missing(path, "name", "a string");
  const auto& asked = spec.outputs[read.wanted.index];
  if (read.wanted.classes > 0 && asked.type == datatype::bytes)
    refuse_json(path + ".parameters.classification", "output '" + asked.name + "' is of BYTES, which have no largest element");
  return read;
}

} // namespace troupe

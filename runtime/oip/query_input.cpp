#include "runtime/oip/query_input.hpp"

#include "runtime/oip/query_data.hpp"

namespace troupe {

/// What is known of an input so far; its fields may stand in any order.
struct input_reader::fields {
  std::optional<std::string_view> name;
  tensor_view tensor;
  bool has_type = false;
  bool has_shape = false;
  bool has_data = false;
  const char* data_later = nullptr; ///< where `data` stands if it could not be read yet
  std::unique_ptr<std::byte[]> memory;
  std::optional<std::uint64_t> binary_bytes;

  bool has_size() const { return has_type && has_shape; }
};

namespace {

datatype read_datatype(json_value& value, const std::string& path) {
  auto name = text_of(value, path);
  auto type = datatype_from(name);
  if (!type)
    refuse_json(path, "expected " + datatype_names() + ", found '" + excerpt_of(name) + "'");
  return *type;
}

void read_shape(json_value& value, const std::string& path, tensor_view& into) {
  std::size_t count = 0;
  for (json_value dim : array_of(value, path)) {
    if (count < rank_max) {
      std::int64_t length = -1;
      if (dim.get_int64().get(length) != simdjson::SUCCESS || length < 0)
        refuse_json(at_index(path, count),
                    "expected a size of 0 or more, found " + (length < -1 ? std::to_string(length) : excerpt_of(dim)));
      into.dims[count] = length;
    }
    ++count;
  }
  if (count > rank_max)
    refuse_json(path, "expected at most " + std::to_string(rank_max) + " dimensions, found " + std::to_string(count));
  into.rank = static_cast<std::uint8_t>(count);
}

void read_size(tensor_view& tensor, const std::string& path) {
  auto size = byte_size(tensor.type, tensor.dims, tensor.rank);
  if (!size)
    refuse_json(path + ".shape", "the shape " + to_string(tensor.to_shape()) + " is too large");
  tensor.size = *size;
}

std::optional<std::uint64_t> read_parameters(json_value& value, const std::string& path) {
  std::optional<std::uint64_t> binary_bytes;
  auto object = object_of(value, path);
  for_each_field(object, path, [&](std::string_view key, json_value parameter) {
    refuse_shared_memory(key, path);
    if (key != "binary_data_size")
      return false;
    binary_bytes = count_of(parameter, path + ".binary_data_size", "a size of 0 or more");
    return true;
  });
  return binary_bytes;
}

/// Reads the field that stands there, which the first pass over the object could not.
template <class Read>
void read_field_at(json_object& object, const char* where, Read read) {
  object.reset().value();
  for (simdjson::ondemand::field field : object) {
    json_value value = field.value();
    if (value.raw_json_token().data() == where)
      read(value);
  }
}

} // namespace

void input_reader::read(json_value& input, const std::string& path, infer_query& into) {
  fields found;
  auto object = object_of(input, path);
  for_each_field(object, path, [&](std::string_view key, json_value value) { return read_field(key, value, path, found); });
  if (!found.name)
    refuse_missing(path, "name", "a string");
  for (const auto& other : into.inputs)
    if (other.name == *found.name)
      refuse_json(path + ".name", "input '" + std::string(*found.name) + "' is given more than once");
  if (!found.has_type)
    refuse_missing(path, "datatype", "a string");
  if (!found.has_shape)
    refuse_missing(path, "shape", "an array");
  if (found.data_later != nullptr)
    read_field_at(object, found.data_later, [&](json_value& value) { read_data(value, path, found); });
  if (found.binary_bytes)
    take_binary(path, found);
  else if (!found.has_data)
    refuse_missing(path, "data", "an array (or parameters.binary_data_size)");
  if (found.memory)
    into.memory.push_back(std::move(found.memory));
  into.inputs.push_back({*found.name, found.tensor});
}

bool input_reader::read_field(std::string_view key, json_value& value, const std::string& path, fields& found) {
  if (key == "name") {
    found.name = spec_.inputs[index_of_name(value, path + ".name", spec_.inputs, "input")].name;
  } else if (key == "datatype") {
    found.tensor.type = read_datatype(value, path + ".datatype");
    found.has_type = true;
  } else if (key == "shape") {
    read_shape(value, path + ".shape", found.tensor);
    found.has_shape = true;
  } else if (key == "parameters") {
    found.binary_bytes = read_parameters(value, path + ".parameters");
  } else if (key == "data") {
    found.has_data = true;
    if (found.has_size())
      read_data(value, path, found);
    else
      found.data_later = value.raw_json_token().data();
  } else {
    return false;
  }
  return true;
}

void input_reader::read_data(json_value& value, const std::string& path, fields& found) {
  read_size(found.tensor, path);
  auto data = read_query_data(value, found.tensor, path + ".data", json_bytes_);
  found.memory = std::move(data.memory);
  found.tensor.data = found.memory.get();
  found.tensor.size = data.size;
}

void input_reader::take_binary(const std::string& path, fields& found) {
  auto bytes = *found.binary_bytes;
  auto at = path + ".parameters.binary_data_size";
  if (found.has_data)
    refuse_json(path, "has both 'data' and parameters.binary_data_size; send one of them");
  read_size(found.tensor, path);
  if (found.tensor.type == datatype::bytes)
    found.tensor.size = bytes; // check_request looks whether they are strings
  if (bytes != found.tensor.size)
    refuse_json(at, "shape " + to_string(found.tensor.to_shape()) + " of " + std::string(to_string(found.tensor.type)) + " needs "
                        + count_text(found.tensor.size, "byte") + ", found " + std::to_string(bytes));
  if (bytes > binary_.size())
    refuse_json(at, "expected at most " + std::to_string(binary_.size()) + ", the bytes that are left behind the JSON, found "
                        + std::to_string(bytes));
  found.tensor.data = reinterpret_cast<const std::byte*>(binary_.data());
  binary_.remove_prefix(bytes);
}

} // namespace troupe

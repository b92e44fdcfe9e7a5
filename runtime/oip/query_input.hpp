#pragma once

#include "runtime/oip/infer_query.hpp"
#include "runtime/oip/query_json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Reads the inputs of a request one after the other, since binary ones stand in their order behind the JSON; for this folder only. Throws as
/// query_json.hpp says.
class input_reader {
public:
  /// `binary` is what stands behind the JSON, of which there are `json_bytes`. The spec must live as long as what is read.
  input_reader(const model_spec& spec, std::size_t json_bytes, std::string_view binary)
    : spec_(spec), json_bytes_(json_bytes), binary_(binary) {}

  /// Appends the input to the query.
  void read(json_value& input, const std::string& path, infer_query& into);

  /// Binary data that no input has taken so far.
  std::string_view left() const { return binary_; }

private:
  struct fields;
  bool read_field(std::string_view key, json_value& value, const std::string& path, fields& found);
  void read_data(json_value& value, const std::string& path, fields& found);
  void take_binary(const std::string& path, fields& found);

  const model_spec& spec_;
  const std::size_t json_bytes_;
  std::string_view binary_;
};

} // namespace troupe

#include "runtime/base/labels.hpp"

namespace troupe {

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    auto comma = list.find(',');
    auto part = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    auto first = part.find_first_not_of(' ');
    if (first != std::string_view::npos)
      parts.emplace_back(part.substr(first, part.find_last_not_of(' ') + 1 - first));
  }
  return parts;
}

result<label_map> labels_from(std::string_view list) {
  label_map labels;
  for (const auto& part : parts_of(list)) {
    auto equals = part.find('=');
    if (equals == std::string::npos || equals == 0)
      return error{error_code::invalid_argument, "expected labels like \"zone=a, rack=3\", found \"" + part + "\""};
    auto value = part.substr(equals + 1);
    if (part.find(' ') != std::string::npos || value.find('=') != std::string::npos)
      return error{error_code::invalid_argument,
                   "expected labels like \"zone=a, rack=3\", each behind a comma, found \"" + part + "\""};
    if (auto [other, is_new] = labels.emplace(part.substr(0, equals), value); !is_new && other->second != value)
      return error{error_code::invalid_argument,
                   "expected each label once, found both " + other->first + "=" + other->second + " and " + part};
  }
  return labels;
}

} // namespace troupe

#pragma once

#include "runtime/base/error.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What is said of a node, by key: {"zone", "a"}.
using label_map = std::map<std::string, std::string>;

/// "10.0.0.2:7551, 10.0.0.3:7551": its parts, without blanks.
std::vector<std::string> parts_of(std::string_view list);
/// "zone=a, rack=3"; invalid_argument if a part isn't key=value.
result<label_map> labels_from(std::string_view list);

} // namespace troupe

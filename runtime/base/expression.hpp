#pragma once

#include "runtime/base/error.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What a name in an expression stands for.
struct named_value {
  std::string_view name;
  double value = 0;
};

/// Computes arithmetic that a person wrote: numbers, the names of `values`, + - * / ^, comparisons and `a ? b : c`, parentheses, and functions like min, max,
/// sqrt and abs. In doubles: what is divided by zero isn't finite. invalid_argument: it can't be read; the message says why, and where in the text.
result<double> evaluate(const std::string& text, const std::vector<named_value>& values);

/// Those of `known` that are in the expression. None of one that can't be read.
std::set<std::string> names_in(const std::string& text, const std::vector<std::string_view>& known);

} // namespace troupe

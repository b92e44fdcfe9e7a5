#pragma once

#include "runtime/base/error.hpp"

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

/// Whether that name, which is one of `known`, is in the expression. False of one that can't be read.
bool mentions(const std::string& text, std::string_view name, const std::vector<std::string_view>& known);

} // namespace troupe

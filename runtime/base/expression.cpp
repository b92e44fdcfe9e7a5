#include "runtime/base/expression.hpp"

#include "runtime/base/nearest.hpp"
#include "runtime/base/toml_reader.hpp"

#include <muParser.h>

#include <list>

namespace troupe {

namespace {

/// The library begins sentences with a capital, and ends some with a full stop.
std::string in_our_manner(std::string text) {
  if (!text.empty() && text.back() == '.')
    text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string sentence_of(const mu::Parser::exception_type& wrong, const std::vector<named_value>& values) {
  if (wrong.GetCode() != mu::ecUNASSIGNABLE_TOKEN || wrong.GetToken().empty())
    return in_our_manner(wrong.GetMsg());
  std::vector<std::string_view> known;
  for (const auto& each : values)
    known.push_back(each.name);
  return "there is no " + quoted_value(wrong.GetToken()) + "; " + advice_on_key(wrong.GetToken(), known);
}

} // namespace

result<double> evaluate(const std::string& text, const std::vector<named_value>& values) {
  try {
    mu::Parser parser;
    for (const auto& each : values)
      parser.DefineConst(std::string(each.name), each.value);
    parser.SetExpr(text);
    auto value = parser.Eval();
    if (parser.GetNumResults() != 1)
      return error{error_code::invalid_argument, "there is more than one value, divided by commas"};
    return value;
  } catch (const mu::Parser::exception_type& wrong) {
    return error{error_code::invalid_argument, sentence_of(wrong, values)};
  }
}

std::set<std::string> names_in(const std::string& text, const std::vector<std::string_view>& known) {
  std::set<std::string> names;
  try {
    mu::Parser parser;
    std::list<double> places; // the parser keeps their addresses
    for (auto each : known)
      parser.DefineVar(std::string(each), &places.emplace_back());
    parser.SetExpr(text);
    for (const auto& [name, place] : parser.GetUsedVar())
      names.insert(name);
  } catch (const mu::Parser::exception_type&) {
    names.clear();
  }
  return names;
}

} // namespace troupe

#include "runtime/base/toml_reader.hpp"

#include "runtime/base/nearest.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace troupe {

namespace {

constexpr std::size_t shown_value_max = 60; // bytes of somebody's text in a message

/// toml++ bounds how deep values are nested, at 256, but not how many parts a key has, and takes tables in tables apart by recursion: a key of
/// 64 KiB overflows the stack. A key stands in one line, so the dots of a line bound its parts.
constexpr std::ptrdiff_t line_dots_max = 100;

std::uint32_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

/// The shortest text that reads as the same number: "0.25", "100".
std::string digits(double number) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr};
}

/// As TOML writes it, so that 8.0 isn't taken for 8.
std::string describe(double number) {
  auto text = digits(number);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string describe(const toml::node& node) {
  if (auto text = node.as_string())
    return quoted_value(text->get());
  if (auto number = node.as_integer())
    return std::to_string(number->get());
  if (auto flag = node.as_boolean())
    return flag->get() ? "true" : "false";
  if (auto number = node.as_floating_point())
    return describe(number->get());
  if (node.is_array())
    return "a list of something else";
  if (node.is_table())
    return "a table";
  return "a date or time";
}

std::string range(const std::string& what, const std::string& min, const std::string& max) {
  return what + " from " + min + " to " + max;
}

/// The first line that has too many dots, or 0.
std::uint32_t overlong_key_line(std::string_view text) {
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    if (std::count(line.begin(), line.end(), '.') > line_dots_max)
      return number;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}

} // namespace

std::string still_to_fill_in(const std::string& expected) {
  return "still to be filled in; expected " + expected;
}

std::string quoted_value(std::string_view text) {
  return "\"" + printable(text.substr(0, shown_value_max)) + (text.size() > shown_value_max ? "…\"" : "\"");
}

result<toml::table> parse_toml(std::string_view text, std::string_view file_name, std::size_t bytes_max) {
  auto file = std::string(file_name);
  if (text.size() > bytes_max)
    return error{error_code::invalid_argument,
                 file + ": " + human_size(text.size()) + " is too large, expected at most " + human_size(bytes_max)};
  if (auto line = overlong_key_line(text); line > 0)
    return error{error_code::invalid_argument, file + ":" + std::to_string(line) + ": expected at most "
                                                   + std::to_string(line_dots_max) + " dots in a line, found more"};
  try { // toml++ reports by exceptions only, in the build that Debian ships
    return toml::parse(text, file_name);
  } catch (const toml::parse_error& e) {
    return error{error_code::invalid_argument,
                 file + ":" + std::to_string(e.source().begin.line) + ": not valid TOML: " + printable(e.description())};
  }
}

std::uint32_t line_of(std::string_view text, std::string_view field) {
  auto document = parse_toml(text, "");
  while (document && !field.empty()) {
    if (auto node = document->at_path(field))
      return node.node()->source().begin.line;
    auto end = field.find_last_of('.');
    field = field.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return 1;
}

void toml_problems::add(std::uint32_t line, std::string_view field, std::string_view text) {
  found_.push_back({line, std::string(field) + (field.empty() ? "" : ": ") + std::string(text)});
}

error toml_problems::to_error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const problem& a, const problem& b) { return a.line < b.line; });
  std::string message;
  for (const auto& p : sorted)
    message += (message.empty() ? "" : "\n") + file_name_ + ":" + std::to_string(p.line) + ": " + p.text;
  return {error_code::invalid_argument, message};
}

toml_section::toml_section(const toml::table& root, toml_problems& problems) : table_(&root), line_(1), problems_(&problems) {}

toml_section::toml_section(const toml::table* table, std::string path, std::uint32_t line, const toml_section& parent)
  : table_(table), path_(std::move(path)), line_(line), problems_(parent.problems_), parent_(&parent) {}

bool toml_section::required_text(std::string_view key, std::string& value, const std::string& expected) {
  auto node = find_required(key, expected);
  if (node == nullptr)
    return false;
  auto string = node->as_string();
  if (string != nullptr)
    value = string->get();
  else
    refuse_value(key, expected, *node);
  return string != nullptr;
}

bool toml_section::required_integers(std::string_view key, std::vector<std::int64_t>& value, const std::string& expected) {
  auto node = find_required(key, expected);
  if (node == nullptr)
    return false;
  auto array = node->as_array();
  if (array == nullptr || !(array->empty() || array->is_homogeneous(toml::node_type::integer))) {
    refuse_value(key, expected, *node);
    return false;
  }
  value.clear();
  for (const auto& element : *array)
    value.push_back(element.as_integer()->get());
  return true;
}

void toml_section::boolean(std::string_view key, bool& value) {
  auto node = find(key);
  if (node == nullptr)
    return;
  if (auto flag = node->as_boolean())
    value = flag->get();
  else
    refuse_value(key, "true or false", *node);
}

void toml_section::text(std::string_view key, std::string& value) {
  auto node = find(key);
  if (node == nullptr)
    return;
  if (auto string = node->as_string())
    value = string->get();
  else
    refuse_value(key, "a text in quotes", *node);
}

bool toml_section::text_or_number(std::string_view key, std::string& value) {
  auto node = find(key);
  if (node == nullptr)
    return false;
  auto number = node->value_exact<double>();
  if (auto whole = node->value_exact<std::int64_t>())
    value = std::to_string(*whole);
  else if (number && std::isfinite(*number))
    value = digits(*number);
  else if (auto string = node->as_string())
    value = string->get();
  else {
    refuse_value(key, "a number, or a text in quotes", *node);
    return false;
  }
  return true;
}

void toml_section::integer(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max) {
  auto node = find(key);
  if (node == nullptr)
    return;
  auto number = node->as_integer();
  if (number != nullptr && number->get() >= min && number->get() <= max)
    value = static_cast<std::uint32_t>(number->get());
  else
    refuse_value(key, range("a whole number", std::to_string(min), std::to_string(max)), *node);
}

void toml_section::integers(std::string_view key, std::vector<std::uint32_t>& value, std::uint32_t min, std::uint32_t max,
                            std::size_t count_max) {
  auto node = find(key);
  if (node == nullptr)
    return;
  std::vector<std::uint32_t> numbers;
  auto take = [&numbers, min, max](const toml::node& from) {
    auto number = from.as_integer();
    bool fits = number != nullptr && number->get() >= min && number->get() <= max;
    if (fits)
      numbers.push_back(static_cast<std::uint32_t>(number->get()));
    return fits;
  };
  auto array = node->as_array();
  bool right = array != nullptr ? array->size() <= count_max && std::all_of(array->begin(), array->end(), take) : take(*node);
  if (right)
    value = std::move(numbers);
  else
    refuse_value(key,
                 range("a whole number", std::to_string(min), std::to_string(max)) + ", or a list of at most "
                     + std::to_string(count_max) + " such",
                 *node);
}

bool toml_section::texts(std::string_view key, std::vector<std::string>& value, std::size_t count_max,
                         const std::string& expected) {
  auto node = find(key);
  if (node == nullptr)
    return false;
  std::vector<std::string> found;
  auto take = [&found](const toml::node& from) {
    auto text = from.as_string();
    if (text != nullptr)
      found.push_back(text->get());
    return text != nullptr;
  };
  auto array = node->as_array();
  bool right = array != nullptr ? !array->empty() && array->size() <= count_max && std::all_of(array->begin(), array->end(), take)
                                : take(*node);
  if (right)
    value = std::move(found);
  else
    refuse_value(key, expected + ", or a list of at most " + std::to_string(count_max) + " such", *node);
  return right;
}

void toml_section::number(std::string_view key, double& value, double min, double max, bool above_min) {
  auto node = find(key);
  if (node == nullptr)
    return;
  auto number = node->value<double>();
  if (number && (above_min ? *number > min : *number >= min) && *number <= max)
    value = *number;
  else
    refuse_value(key,
                 above_min ? "a number above " + digits(min) + " and up to " + digits(max)
                           : range("a number", digits(min), digits(max)),
                 *node);
}

bool toml_section::percent(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max) {
  auto node = find(key);
  if (node == nullptr)
    return false;
  auto tenths = node->value<double>().value_or(std::nan("")) * 10;
  auto nearest = std::round(tenths);
  bool right = nearest >= min && nearest <= max && std::abs(tenths - nearest) < 1e-6; // 0.3 * 10 is not quite 3
  if (right)
    value = static_cast<std::uint32_t>(nearest);
  else
    refuse_value(key, range("per cent", digits(min / 10.0), digits(max / 10.0)) + " in steps of 0.1", *node);
  return right;
}

void toml_section::size(std::string_view key, std::uint64_t& value, std::uint64_t min, std::uint64_t max) {
  auto node = find(key);
  if (node == nullptr)
    return;
  std::optional<std::uint64_t> bytes;
  if (auto text = node->as_string())
    bytes = size_from(text->get());
  else if (auto number = node->as_integer(); number != nullptr && number->get() >= 0)
    bytes = static_cast<std::uint64_t>(number->get());
  if (bytes && *bytes >= min && *bytes <= max)
    value = *bytes;
  else
    refuse_value(key, range("a size like \"256MiB\"", human_size(min), human_size(max)), *node);
}

void toml_section::duration_ns(std::string_view key, std::chrono::nanoseconds& value, std::chrono::nanoseconds min,
                               std::chrono::nanoseconds max) {
  auto node = find(key);
  if (node == nullptr)
    return;
  auto text = node->as_string();
  auto length = text == nullptr ? std::nullopt : duration_from(text->get());
  if (length && *length >= min && *length <= max)
    value = *length;
  else
    refuse_value(key, range("a duration like \"250ms\", \"1s\" or \"5m\"", human_duration(min), human_duration(max)), *node);
}

toml_section toml_section::section(std::string_view key) {
  auto node = find(key);
  auto path = path_ + std::string(key) + ".";
  if (node == nullptr)
    return {nullptr, path, line_, *this};
  if (!node->is_table())
    refuse_value(key, "a section [" + path_ + std::string(key) + "]", *node);
  return {node->as_table(), path, line_of(*node), *this};
}

std::vector<toml_section> toml_section::sections(std::string_view key) {
  auto node = find(key);
  if (node == nullptr)
    return {};
  std::vector<toml_section> list;
  auto array = node->as_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
    if (auto table = (*array)[i].as_table())
      list.push_back({table, path_ + std::string(key) + "[" + std::to_string(i) + "].", line_of(*table), *this});
  if (array == nullptr || list.size() != array->size())
    refuse_value(key, "sections [[" + path_ + std::string(key) + "]]", *node);
  return list;
}

void toml_section::refuse(std::string_view key, std::string_view text) {
  auto node = find(key);
  problems_->add(node == nullptr ? line_ : line_of(*node), path_ + std::string(key), text);
}

void toml_section::refuse_unknown_keys() {
  if (table_ == nullptr)
    return;
  auto where = path_.empty() ? path_ : path_.substr(0, path_.size() - 1);
  for (const auto& [key, node] : *table_)
    if (!knows(key.str()))
      problems_->add(key.source().begin.line, where, "unknown key '" + printable(key.str()) + "'; " + advice_on(key.str()));
}

const toml::node* toml_section::find(std::string_view key) {
  if (!knows(key))
    known_.push_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

const toml::node* toml_section::find_required(std::string_view key, const std::string& expected) {
  auto node = find(key);
  if (node == nullptr)
    refuse(key, "missing; expected " + expected);
  return node;
}

void toml_section::refuse_value(std::string_view key, const std::string& expected, const toml::node& found) {
  auto text = found.as_string();
  bool left_open = text != nullptr && text->get() == toml_left_open;
  refuse(key, left_open ? still_to_fill_in(expected) : "expected " + expected + ", found " + describe(found));
}

bool toml_section::knows(std::string_view key) const {
  return std::find(known_.begin(), known_.end(), key) != known_.end();
}

std::string toml_section::advice_on(std::string_view unknown) const {
  for (auto outer = parent_; outer != nullptr; outer = outer->parent_)
    if (outer->knows(unknown)) // TOML's own trap: a key after [section] belongs to that section
      return outer->path_.empty() ? "it must stand above the first [section] of the file"
                                  : "it must stand in [" + outer->path_.substr(0, outer->path_.size() - 1) + "]";
  return advice_on_key(unknown, known_);
}

} // namespace troupe

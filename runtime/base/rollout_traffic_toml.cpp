#include "runtime/base/rollout_traffic_toml.hpp"

#include "runtime/base/http_token.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::string_view header_prefix = "header:";
const std::string expected_key = R"("none", "caller", "request_id" or "header:NAME")";
const std::string expected_sticky_key = R"("caller", "request_id" or "header:NAME")";

std::string lower_case(std::string text) {
  for (auto& c : text)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// A header's name in lower case; "", and a problem, if it is none.
std::string header_name(toml_section& section, std::string_view key, const std::string& name) {
  if (is_token(name) && name.size() <= rollout_header_max)
    return lower_case(name);
  section.refuse(key, "expected the name of an HTTP header, 1 to " + std::to_string(rollout_header_max)
                          + " letters, digits and !#$%&'*+-.^_`|~, found " + quoted_value(name));
  return "";
}

void read_key(toml_section& traffic, split_key& key, bool is_ab) {
  auto expected = is_ab ? expected_sticky_key : expected_key;
  std::string text;
  if (!traffic.has("key") && is_ab)
    return traffic.refuse("key", "missing; expected " + expected + ", because ab compares those who stay with one version");
  if (!traffic.has("key") || !traffic.required_text("key", text, expected))
    return;
  if (text.rfind(header_prefix, 0) == 0)
    key = {split_key_kind::header, header_name(traffic, "key", text.substr(header_prefix.size()))};
  else if (text == "caller" || text == "request_id")
    key.kind = text == "caller" ? split_key_kind::caller : split_key_kind::request_id;
  else if (text != "none" || is_ab)
    traffic.refuse("key", "expected " + expected + ", found " + quoted_value(text));
}

/// HTTP takes blanks off both ends of a field, so a value that has them never comes.
bool may_come_as_value(const std::string& text) {
  auto printable = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; };
  return !text.empty() && text.size() <= rollout_value_max && std::all_of(text.begin(), text.end(), printable)
         && text.front() != ' ' && text.back() != ' ';
}

void read_always_header(toml_section& always, always_rule& rule) {
  const std::string expected_name = "the name of an HTTP header";
  const std::string expected_value = "the value that the header must have";
  std::string name;
  if (!always.has("header"))
    return always.has("value") ? always.refuse("header", "missing; expected " + expected_name + ", because there is a value")
                               : void();
  if (always.required_text("header", name, expected_name))
    rule.header = header_name(always, "header", name);
  if (always.required_text("value", rule.header_value, expected_value) && !may_come_as_value(rule.header_value))
    always.refuse("value", "expected 1 to " + std::to_string(rollout_value_max)
                               + " printable characters without blanks at either end, found " + quoted_value(rule.header_value));
}

void read_always_caller(toml_section& always, always_rule& rule) {
  if (!always.has("caller") || !always.required_text("caller", rule.caller, "a caller's name"))
    return;
  if (!is_printable_word(rule.caller, rollout_caller_max))
    always.refuse("caller", "expected a caller's name, 1 to " + std::to_string(rollout_caller_max)
                                + " printable ASCII characters without blanks, found " + quoted_value(rule.caller));
}

std::optional<always_rule> read_always(toml_section& traffic) {
  if (!traffic.has("always"))
    return std::nullopt;
  auto always = traffic.section("always");
  always_rule rule;
  read_always_caller(always, rule);
  read_always_header(always, rule);
  if (always.exists() && !always.has("caller") && !always.has("header") && !always.has("value"))
    traffic.refuse("always", "expected a header and its value, a caller, or both, found neither");
  always.refuse_unknown_keys();
  return rule;
}

} // namespace

void read_traffic(toml_section& traffic, rollout_spec& spec, bool is_ab) {
  read_key(traffic, spec.key, is_ab);
  spec.always = read_always(traffic);
  traffic.refuse_unknown_keys();
}

} // namespace troupe

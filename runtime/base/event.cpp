#include "runtime/base/event.hpp"

namespace troupe {

namespace {

std::string quoted_if_needed(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"\n\t=\\") == std::string::npos)
    return value;
  std::string text = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\')
      text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text + "\"";
}

} // namespace

std::string_view to_string(severity level) {
  switch (level) {
  case severity::info: return "info";
  case severity::warn: return "warn";
  case severity::error: return "error";
  case severity::debug: return "debug";
  }
  return "unknown";
}

std::string_view field(const event& e, std::string_view key) {
  for (const auto& [name, value] : e.fields)
    if (name == key)
      return value;
  return {};
}

std::string to_text(const event& e) {
  auto text = e.name;
  for (const auto& [name, value] : e.fields)
    text += " " + name + "=" + quoted_if_needed(value);
  return text;
}

} // namespace troupe

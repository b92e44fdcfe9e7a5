#include "cluster/member_check.hpp"

#include "runtime/base/config.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/printable.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

error invalid(std::string message) {
  return {error_code::invalid_argument, std::move(message)};
}

std::string quoted(const std::string& text) {
  return "'" + printable(text.substr(0, member_limits::name_bytes_max)) + "'";
}

bool is_label_part(const std::string& text) {
  return text.size() <= member_limits::label_bytes_max && consists_of(text, "-_./");
}

} // namespace

result<void> check_node_name(const std::string& name) {
  if (name.empty() || name.size() > member_limits::name_bytes_max || !is_alphanumeric(name[0]) || !consists_of(name, "-_.")
      || is_unique_id(name))
    return invalid(quoted(name)
                   + " is no name for a node: use 1 to 63 of a-z, A-Z, 0-9, - _ and ., with a letter or digit first, and not 32 "
                     "hex digits; choose one with --name");
  return {};
}

result<void> check_user_name(std::string_view name) {
  if (name.empty() || name.size() > member_limits::user_name_bytes_max || !consists_of(name, "-_.@+") || is_unique_id(name))
    return invalid("a user's name is 1 to 56 of a-z, A-Z, 0-9 and -_.@+, and not 32 hex digits, which are a node's");
  return {};
}

result<void> check_node_address(const std::string& address) {
  if (address.size() > member_limits::address_bytes_max || !consists_of(address, "-_.:[]%"))
    return invalid(quoted(address) + " is no address: expected one like 10.0.0.7:7551");
  auto parsed = listen_address_from(address);
  if (!parsed)
    return parsed.failure();
  if (parsed->port == 0 || parsed->host == "0.0.0.0" || parsed->host == "::")
    return invalid(quoted(address) + " is no address that other nodes can connect to; name one of this machine's, with its port");
  return {};
}

result<void> check_labels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > member_limits::labels_max)
    return invalid("a node has at most " + std::to_string(member_limits::labels_max) + " labels, found "
                   + std::to_string(labels.size()));
  for (const auto& [key, value] : labels)
    if (key.empty() || !is_label_part(key) || !is_label_part(value))
      return invalid("label " + quoted(key) + ": keys and values are at most 63 of a-z, A-Z, 0-9, - _ . and /");
  return {};
}

} // namespace troupe

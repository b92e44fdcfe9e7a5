#include "runtime/cli/token_view.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

std::string state_of(schema::Token::Reader token, std::int64_t now_unix_ns) {
  if (token.getRevoked())
    return "revoked";
  if (token.getExpiresUnixNs() <= now_unix_ns)
    return "expired";
  return token.getUsesLeft() == 0 ? "used up" : "good";
}

std::string left_of(schema::Token::Reader token, std::int64_t now_unix_ns) {
  if (token.getExpiresUnixNs() <= now_unix_ns)
    return "-";
  return human_duration(std::chrono::nanoseconds(token.getExpiresUnixNs() - now_unix_ns));
}

std::string users_of(schema::Token::Reader token) {
  std::string all;
  for (auto use : token.getUsedBy())
    all += (all.empty() ? "" : ", ") + text_of(use.getWho());
  return all;
}

json token_json(schema::Token::Reader token) {
  auto uses = json::array();
  for (auto use : token.getUsedBy())
    uses.push_back({{"who", text_of(use.getWho())}, {"unix_ns", use.getUnixNs()}});
  return {{"id", text_of(token.getId())},
          {"role", text_of(token.getRole())},
          {"created_unix_ns", token.getCreatedUnixNs()},
          {"expires_unix_ns", token.getExpiresUnixNs()},
          {"uses_left", token.getUsesLeft()},
          {"created_by", text_of(token.getCreatedBy())},
          {"revoked", token.getRevoked()},
          {"used_by", std::move(uses)}};
}

} // namespace

json tokens_json(schema::Control::ListTokensResults::Reader tokens) {
  auto list = json::array();
  for (auto token : tokens.getTokens())
    list.push_back(token_json(token));
  return {{"tokens", std::move(list)}};
}

std::string tokens_text(schema::Control::ListTokensResults::Reader tokens, std::int64_t now_unix_ns, bool colors) {
  table rows({{"TOKEN"}, {"ROLE"}, {"STATE"}, {"EXPIRES IN", true}, {"USES LEFT", true}, {"USED BY"}, {"CREATED BY"}});
  for (auto token : tokens.getTokens())
    rows.add({text_of(token.getId()), text_of(token.getRole()), state_of(token, now_unix_ns), left_of(token, now_unix_ns),
              std::to_string(token.getUsesLeft()), users_of(token), text_of(token.getCreatedBy())});
  return rows.render(colors);
}

std::string join_line(const std::string& role, const std::string& address, const std::string& token) {
  auto seed = address.empty() ? "HOST:7551" : address;
  return role == "node" ? "troupe node --join " + seed + " --token " + token : "troupe login " + seed + " --token " + token;
}

} // namespace troupe

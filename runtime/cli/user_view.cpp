#include "runtime/cli/user_view.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace troupe {

namespace {

using json = nlohmann::ordered_json;

std::string state_of(schema::User::Reader user, std::int64_t now_unix_ns) {
  if (user.getRevoked())
    return "revoked";
  return user.getExpiresUnixNs() <= now_unix_ns ? "expired" : "good";
}

std::string left_of(schema::User::Reader user, std::int64_t now_unix_ns) {
  if (state_of(user, now_unix_ns) != "good")
    return "-";
  return human_duration(std::chrono::nanoseconds(user.getExpiresUnixNs() - now_unix_ns));
}

std::string age_of(schema::User::Reader user, std::int64_t now_unix_ns) {
  return human_duration(std::chrono::nanoseconds(std::max<std::int64_t>(now_unix_ns - user.getGivenUnixNs(), 0)));
}

} // namespace

json users_json(schema::Control::ListUsersResults::Reader users) {
  auto list = json::array();
  for (auto user : users.getUsers())
    list.push_back({{"name", text_of(user.getName())},
                    {"role", text_of(user.getRole())},
                    {"given_unix_ns", user.getGivenUnixNs()},
                    {"expires_unix_ns", user.getExpiresUnixNs()},
                    {"token", text_of(user.getTokenId())},
                    {"revoked", user.getRevoked()}});
  return {{"users", std::move(list)}};
}

std::string users_text(schema::Control::ListUsersResults::Reader users, std::int64_t now_unix_ns, bool colors) {
  table rows({{"USER"}, {"ROLE"}, {"CERTIFICATE"}, {"SINCE", true}, {"ENDS IN", true}, {"BY TOKEN"}});
  for (auto user : users.getUsers())
    rows.add({text_of(user.getName()), text_of(user.getRole()), state_of(user, now_unix_ns), age_of(user, now_unix_ns),
              left_of(user, now_unix_ns), text_of(user.getTokenId())});
  return rows.render(colors);
}

} // namespace troupe

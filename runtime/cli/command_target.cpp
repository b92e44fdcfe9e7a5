#include "runtime/base/units.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/login_files.hpp"
#include "runtime/cli/verbs.hpp"

#include <ostream>

namespace troupe {

namespace {

constexpr const char* default_node = "127.0.0.1:7550";
constexpr const char* default_http = "127.0.0.1:8000";

std::string first_of(const std::string& named, const std::string& configured, const char* otherwise) {
  return !named.empty() ? named : !configured.empty() ? configured : otherwise;
}

std::shared_ptr<const user_credentials> credentials_of(const login& who, const console& io) {
  if (who.cluster.empty())
    return nullptr;
  auto left = require(check_certificate(who, io.time.wall_now()), exit_code::failed);
  if (left.soon)
    io.err << "warning: your certificate ends in " << human_duration(left.left)
           << "; log in again: `troupe login HOST:7551 --token TOKEN`\n";
  return std::make_shared<const user_credentials>(user_credentials{who.cluster, who.identity});
}

} // namespace

node_target command_context::target() const {
  auto who = require(read_login(login_folder()), exit_code::failed);
  return {first_of(node, who.node, default_node), credentials_of(who, io)};
}

node_target command_context::http_target(const std::string& named) const {
  auto who = require(read_login(login_folder()), exit_code::failed);
  return {first_of(named, who.http, default_http), credentials_of(who, io)};
}

} // namespace troupe

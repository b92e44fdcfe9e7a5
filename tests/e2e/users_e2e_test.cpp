#define BOOST_TEST_MODULE users
#include "tests/e2e/running_node.hpp"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node that founds a cluster and that other machines reach.
struct open_node {
  open_node()
    : process({troupe_program(), folder.path().string(), "0.0.0.0:0", {"--cluster", "127.0.0.1:0"}, false, "0.0.0.0:0"}) {}

  static std::string on_loopback(const std::string& address) { return "127.0.0.1" + address.substr(address.rfind(':')); }
  std::string rpc() const { return on_loopback(process.address()); }
  std::string http() const { return on_loopback(process.http_address()); }
  std::string cluster() const {
    auto log = process.log();
    const std::string key = " cluster=";
    auto at = log.find(key) + key.size();
    return log.substr(at, log.find_first_of(" \n", at) - at);
  }
  std::string admin_token() const {
    auto text = text_of_file((folder.path() / "data/admin-token").string());
    return text.substr(0, text.find('\n'));
  }

  temporary_folder folder;
  node_process process;
};

/// Somebody with a folder of his own for logins.
struct user {
  command_result troupe(std::vector<std::string> arguments, const std::string& in = "") const {
    setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
    arguments.insert(arguments.begin(), troupe_program());
    return run_program(arguments, in);
  }
  command_result log_in(const open_node& node, const std::string& token, const std::string& name) const {
    return troupe({"login", node.cluster(), "--token", token, "--name", name});
  }

  temporary_folder home;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

constexpr const char* question = R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]})";

} // namespace

BOOST_AUTO_TEST_CASE(the_founder_gets_in_by_the_first_token_and_a_client_by_a_token_of_his) {
  open_node node;
  user anna, ben;
  struct stat found{};
  BOOST_TEST(::stat((node.folder.path() / "data/admin-token").c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777U) == 0600U);

  auto refused = anna.troupe({"--node", node.rpc(), "status"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "this port speaks only TLS"), refused.err);

  auto logged_in = anna.log_in(node, node.admin_token(), "anna");
  BOOST_REQUIRE_MESSAGE(logged_in.code == 0, logged_in.err);
  BOOST_TEST(contains(logged_in.out, " as anna, admin, until "), logged_in.out);
  BOOST_TEST(contains(logged_in.out, "commands ask " + node.rpc() + " from now on"), logged_in.out);
  BOOST_TEST(anna.troupe({"status"}).code == 0);
  auto deployed = anna.troupe({"deploy", "rows", model_folder_of("raise_on_magic")});
  BOOST_REQUIRE_MESSAGE(deployed.code == 0, deployed.err);
  BOOST_TEST(contains(anna.troupe({"versions", "rows"}).out, "anna: "));

  auto token = anna.troupe({"token", "create", "--role", "client"});
  BOOST_REQUIRE_MESSAGE(ben.log_in(node, first_line(token.out), "ben").code == 0, token.err);
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"infer", "rows", "-"}, {"infer", "rows", "-", "--protocol", "http"}, {"status"}, {"events"}}) {
    auto answered = ben.troupe(asked, question);
    BOOST_TEST(answered.code == 0, answered.err);
  }
  for (const auto* protocol : {"capnp", "http"}) {
    auto measured =
        ben.troupe({"bench", "rows", "--protocol", protocol, "--concurrency", "8", "--duration", "200ms", "--warmup", "0"});
    BOOST_TEST(measured.code == 0, measured.err);
  }
  auto denied = ben.troupe({"scale", "rows", "2"});
  BOOST_TEST(denied.code == 1);
  BOOST_TEST(contains(denied.err, "it takes an admin's certificate"), denied.err);
}

BOOST_AUTO_TEST_CASE(a_user_that_is_put_out_is_out_until_he_has_another_token) {
  open_node node;
  user anna, ben;
  BOOST_REQUIRE(anna.log_in(node, node.admin_token(), "anna").code == 0);
  auto token = first_line(anna.troupe({"token", "create", "--role", "client", "--uses", "5"}).out);
  BOOST_REQUIRE(ben.log_in(node, token, "ben").code == 0);
  BOOST_TEST(ben.troupe({"status"}).code == 0);
  BOOST_TEST(ben.troupe({"user", "list"}).code == 1);
  BOOST_TEST(contains(anna.troupe({"user", "list"}).out, "ben   client  good"), anna.troupe({"user", "list"}).out);

  BOOST_TEST(anna.troupe({"user", "revoke", "nobody"}).code == 1);
  BOOST_REQUIRE(anna.troupe({"user", "revoke", "ben"}).code == 0);
  BOOST_TEST(eventually([&] { return ben.troupe({"status"}).code != 0; }));
  auto refused = ben.troupe({"status"});
  BOOST_TEST(contains(refused.err, "an admin has put out the user 'ben'"), refused.err);
  BOOST_TEST(contains(anna.troupe({"user", "list"}).out, "ben   client  revoked"));
  BOOST_TEST(ben.log_in(node, token, "ben").code == 1);

  BOOST_REQUIRE(ben.log_in(node, first_line(anna.troupe({"token", "create", "--role", "client"}).out), "ben").code == 0);
  BOOST_TEST(ben.troupe({"status"}).code == 0);
  BOOST_TEST(anna.troupe({"status"}).code == 0);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_used_up_or_of_another_cluster_let_nobody_in) {
  open_node node, other;
  user anna, ben;
  auto token = node.admin_token();
  BOOST_REQUIRE(anna.log_in(node, token, "anna").code == 0);
  auto late = ben.log_in(node, token, "ben");
  BOOST_TEST(late.code == 1);
  BOOST_TEST(contains(late.err, "has been used as often as it may be"), late.err);
  auto astray = ben.log_in(other, token, "ben");
  BOOST_TEST(astray.code == 1);
  BOOST_TEST(contains(astray.err, "belongs to another cluster than this token"), astray.err);
  auto elsewhere = anna.troupe({"--node", other.rpc(), "status"});
  BOOST_TEST(elsewhere.code == 1);
  BOOST_TEST(contains(elsewhere.err, "it is of another cluster than the one that you are logged in to"), elsewhere.err);
}

BOOST_AUTO_TEST_CASE(a_node_that_lets_in_whoever_comes_says_so) {
  temporary_folder folder;
  node_process process({troupe_program(), folder.path().string(), "0.0.0.0:0", {"--insecure-listen"}, false, "0.0.0.0:0"});
  user anybody;
  BOOST_TEST(anybody.troupe({"--node", open_node::on_loopback(process.address()), "status"}).code == 0);
  BOOST_TEST(eventually([&] { return contains(process.log(), "insecure_listen doors=\"" + process.address()); }), process.log());
}

#define BOOST_TEST_MODULE login
#include "cluster/authority.hpp"
#include "cluster/join_token.hpp"
#include "runtime/cli/login_files.hpp"
#include "runtime/cli/reachable_address.hpp"
#include "tests/cli/command_line.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <sys/stat.h>

using namespace troupe;
using namespace std::chrono_literals;
using test::fake_node;
using test::misuse;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

/// A user's folder of its own, and the clock of command_line: one hour after the epoch.
struct home : test::command_line {
  home() { setenv("XDG_CONFIG_HOME", root.path().c_str(), 1); }
  ~home() { unsetenv("XDG_CONFIG_HOME"); }

  std::string path(const char* name = "") const { return (root.path() / "troupe" / name).string(); }
  void write(const char* name, const std::string& text) {
    fs::create_directories(path());
    std::ofstream(path(name)) << text;
  }
  login made(const authority& by, std::chrono::nanoseconds lifetime = 24h, std::chrono::nanoseconds ago = 0h) const {
    auto key = private_key::make();
    certificate_term term{wall_time(1h) - ago, lifetime};
    auto certificate = by.issue_user("anna", cluster_role::admin, key.public_key(), term).value();
    return {"127.0.0.1:1", "", by.cluster_id(), {by.certificate_pem(), certificate, key.pem()}};
  }

  test::temporary_folder root;
  authority owner = authority::make(test::some_cluster, wall_time(0h));
};

unsigned mode_of(const std::string& path) {
  struct stat found{};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

std::string some_token() {
  return to_text(make_join_token(test::some_cluster, std::string(64, 'a')));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const misuse wrong[] = {
    {{"login"}, "ADDRESS is required"},
    {{"login", "127.0.0.1:7551"}, "--token is required"},
    {{"login", "nonsense", "--token", "trp_x"}, "expected an address like"},
    {{"login", "127.0.0.1:7551", "--token", "trp_x"}, "token"},
};

} // namespace

BOOST_DATA_TEST_CASE(a_login_that_makes_no_sense_is_refused_and_leaves_nothing, data::make(wrong), row) {
  home troupe;
  BOOST_TEST(troupe.run(row.arguments) == 2);
  BOOST_TEST(contains(troupe.err, row.message), troupe.err);
  BOOST_TEST(!fs::exists(troupe.path()));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_none_is_bad_usage, home) {
  auto token = some_token();
  BOOST_TEST(run({"login", "127.0.0.1:1", "--token", token.c_str(), "--name", "anna bell"}) == 2);
  BOOST_TEST(contains(err, "a user's name is"), err);
}

BOOST_FIXTURE_TEST_CASE(where_nobody_answers_the_key_is_kept_for_the_next_try, home) {
  auto token = some_token();
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(run({"login", "127.0.0.1:1", "--token", token.c_str(), "--name", "anna"}) == 3);
    BOOST_TEST(contains(err, "a login goes to a node's cluster port"), err);
  }
  auto kept = begin_login(path()).value();
  BOOST_TEST(kept == begin_login(path()).value());
  BOOST_TEST(mode_of(path("new-key.pem")) == 0600U);
  BOOST_TEST(read_login(path())->cluster == "");
}

BOOST_FIXTURE_TEST_CASE(the_folder_is_found_as_the_specification_says, home) {
  BOOST_TEST(login_folder() == path().substr(0, path().size() - 1));
  setenv("XDG_CONFIG_HOME", "relative", 1);
  BOOST_TEST(login_folder() == std::string(getenv("HOME")) + "/.config/troupe");
}

BOOST_FIXTURE_TEST_CASE(a_login_is_for_the_user_alone_and_comes_back_as_it_was, home) {
  BOOST_TEST(read_login(path())->cluster == "");
  auto folder = login_folder();
  auto key = begin_login(folder).value();
  auto who = made(owner);
  who.http = "127.0.0.1:2";
  BOOST_TEST(finish_login(folder, who).ok());
  BOOST_TEST(mode_of(folder) == 0700U);
  for (auto name : {"authority.pem", "certificate.pem", "key.pem", "config.toml"})
    BOOST_TEST(mode_of(path(name)) == 0600U, name);
  BOOST_TEST(!fs::exists(path("new-key.pem")));
  auto back = read_login(folder).value();
  BOOST_TEST(back.node == who.node);
  BOOST_TEST(back.http == who.http);
  BOOST_TEST(back.cluster == who.cluster);
  BOOST_TEST(back.identity.key == who.identity.key);
  BOOST_TEST(remove_login(folder).value());
  BOOST_TEST(!remove_login(folder).value());
  BOOST_TEST(read_login(folder)->cluster == "");
}

BOOST_FIXTURE_TEST_CASE(a_login_that_was_broken_off_is_named_with_what_to_do, home) {
  auto whole = made(owner);
  auto other = made(owner);
  auto elsewhere = made(authority::make(std::string(32, 'd'), wall_time(0h)));
  auto folder = login_folder();
  auto trouble = [&] {
    auto read = read_login(folder);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.failure().code == error_code::failed_precondition));
    return read.failure().message;
  };
  BOOST_REQUIRE(begin_login(folder).ok());
  BOOST_REQUIRE(finish_login(folder, whole).ok());
  write("certificate.pem", other.identity.certificate);
  BOOST_TEST(contains(trouble(), "the key is another than the certificate's; log in again: `troupe login"), trouble());
  write("key.pem", other.identity.key);
  BOOST_TEST(read_login(folder).ok());
  write("authority.pem", elsewhere.identity.authority);
  BOOST_TEST(contains(trouble(), "the certificate is of another cluster"), trouble());
  fs::remove(path("key.pem"));
  BOOST_TEST(contains(trouble(), "missing or damaged"), trouble());
  BOOST_TEST(run({"status"}) == 1);
  BOOST_TEST(contains(err, "the login in " + folder + " is not whole"), err);
  BOOST_TEST(run({"completion", "bash"}) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_config_that_says_something_else_is_refused_with_its_line, home) {
  auto trouble = [&](const std::string& text) {
    write("config.toml", text);
    auto read = read_login(login_folder());
    return read ? "" : read.failure().message;
  };
  BOOST_TEST(contains(trouble("node = \"10.0"), "config.toml:1"));
  BOOST_TEST(contains(trouble("\nnode = \"10.0.0.1\""), "config.toml:2: node: expected an address"));
  BOOST_TEST(contains(trouble("nod = \"10.0.0.1:1\""), "did you mean 'node'?"));
  BOOST_TEST(contains(trouble("cluster = \"mine\""), "expected a cluster's id"));
  BOOST_TEST(trouble("") == "");
}

BOOST_FIXTURE_TEST_CASE(a_node_is_named_by_the_option_then_the_environment_then_the_file, home) {
  fake_node in_file, in_environment, named;
  write("config.toml", "node = \"" + in_file.address() + "\"");
  BOOST_TEST(run({"scale", "echo", "1"}) == 0);
  setenv("TROUPE_NODE", in_environment.address().c_str(), 1);
  BOOST_TEST(run({"scale", "echo", "2"}) == 0);
  BOOST_TEST(run({"--node", named.address().c_str(), "scale", "echo", "3"}) == 0);
  unsetenv("TROUPE_NODE");
  BOOST_TEST(in_file.calls() == std::vector<std::string>{"scale echo 1"}, boost::test_tools::per_element());
  BOOST_TEST(in_environment.calls() == std::vector<std::string>{"scale echo 2"}, boost::test_tools::per_element());
  BOOST_TEST(named.calls() == std::vector<std::string>{"scale echo 3"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_certificate_near_its_end_is_warned_of_and_one_past_it_ends_the_command, home) {
  fake_node node;
  auto folder = login_folder();
  auto log_in = [&](std::chrono::nanoseconds ago) {
    auto who = made(owner, 24h, ago);
    who.node = node.address();
    BOOST_REQUIRE(begin_login(folder).ok());
    BOOST_REQUIRE(finish_login(folder, who).ok());
  };
  log_in(1h);
  BOOST_TEST(run({"scale", "echo", "1"}) == 0);
  BOOST_TEST(err == "");
  log_in(21h);
  BOOST_TEST(run({"scale", "echo", "2"}) == 0);
  BOOST_TEST(contains(err, "warning: your certificate ends in 3h; log in again: `troupe login"), err);
  log_in(25h);
  BOOST_TEST(run({"scale", "echo", "3"}) == 1);
  BOOST_TEST(contains(err, "your certificate ended at 1970-01-01T00:00:00Z; log in again: `troupe login"), err);
  BOOST_TEST(node.calls().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(who_logs_out_is_forgotten, home) {
  BOOST_TEST(run({"logout"}) == 0);
  BOOST_TEST(out == "nobody was logged in\n");
  BOOST_REQUIRE(begin_login(login_folder()).ok());
  BOOST_REQUIRE(finish_login(login_folder(), made(owner)).ok());
  BOOST_TEST(run({"logout"}) == 0);
  BOOST_TEST(fs::is_empty(login_folder()));
}

BOOST_AUTO_TEST_CASE(a_nodes_address_is_the_one_that_the_asking_machine_reaches) {
  const struct {
    const char* listen;
    const char* asked;
    const char* reached;
  } rows[] = {
      {"0.0.0.0:7550", "10.0.0.1:7551", "10.0.0.1:7550"},
      {"[::]:7550", "gpu-1:7551", "gpu-1:7550"},
      {"[::]:7550", "[fe80::1]:7551", "[fe80::1]:7550"},
      {"10.0.0.9:7550", "10.0.0.1:7551", "10.0.0.9:7550"},
      {"127.0.0.1:7550", "10.0.0.1:7551", ""},
      {"127.0.0.1:7550", "localhost:7551", "127.0.0.1:7550"},
      {"", "10.0.0.1:7551", ""},
  };
  for (const auto& row : rows)
    BOOST_TEST(reachable_address(row.listen, row.asked) == row.reached, row.listen << " by " << row.asked);
}

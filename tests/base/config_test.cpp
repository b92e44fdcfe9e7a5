#define BOOST_TEST_MODULE config
#include "runtime/base/config.hpp"
#include "runtime/base/text_file.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>
#include <tuple>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::string problem(const std::string& text) {
  auto parsed = parse_node_toml(text, "troupe.toml");
  return parsed ? "" : parsed.failure().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Every key that a section may have, as the refusal of an unknown one lists them.
std::vector<std::string> known_keys(const std::string& section) {
  auto text = problem((section.empty() ? "" : "[" + section + "]\n") + "an_unlikely_word_0123456789 = 1");
  std::istringstream list(text.substr(text.find("known are ") + sizeof "known are " - 1));
  std::vector<std::string> keys;
  for (std::string key; std::getline(list >> std::ws, key, ',');)
    keys.push_back(key);
  BOOST_TEST(keys.size() > (section == "events" ? 0U : 1U), text);
  return keys;
}

bool same(const node_options& a, const node_options& b) {
  auto all = [](const node_options& o) {
    return std::tie(o.name, o.data_folder, o.listen, o.http, o.http_name, o.insecure_listen, o.address_file, o.http_address_file,
                    o.host_binary, o.gateway_loops, o.default_deadline, o.message_bytes_max, o.artifact_bytes_max,
                    o.chunk_bytes_max, o.connections_max, o.login_timeout, o.idle_timeout, o.checks_max, o.fetches_max,
                    o.disk_reserve, o.events_max, o.log_level, o.log_format, o.log_actors, o.drain_timeout,
                    o.certificate_lifetime, o.membership.dead_after);
  };
  return all(a) == all(b);
}

} // namespace

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_the_nearest_known_one) {
  BOOST_TEST(problem("lissten = \"127.0.0.1:1\"") == "troupe.toml:1: unknown key 'lissten'; did you mean 'listen'?");
  BOOST_TEST(problem("[limits]\nconections = 3")
             == "troupe.toml:2: limits: unknown key 'conections'; did you mean 'connections'?");
  BOOST_TEST(problem("[log]\ncolor = true") == "troupe.toml:2: log: unknown key 'color'; known are level, format, actors");
}

BOOST_AUTO_TEST_CASE(only_what_is_surely_loopback_counts_as_such) {
  for (auto host : {"127.0.0.1", "127.3.4.5", "::1", "localhost"})
    BOOST_TEST(is_loopback(host), host);
  for (auto host : {"0.0.0.0", "192.168.1.4", "::", "example.org", "127.evil.example", "127.1", ""})
    BOOST_TEST(!is_loopback(host), host);
}

BOOST_AUTO_TEST_CASE(http_is_switched_off_with_nothing) {
  BOOST_TEST(parse_node_toml("http = \"\"", "troupe.toml")->http == "");
  BOOST_TEST(contains(problem("http = \"off\""), "troupe.toml:1: http: expected an address"));
}

BOOST_AUTO_TEST_CASE(nodes_are_watched_as_the_file_says) {
  auto options = parse_node_toml("[membership]\nprobe_interval = \"1s\"\ndead_after = \"10s\"\ncertificate_lifetime = \"1h\"",
                                 "troupe.toml");
  BOOST_REQUIRE(options.ok());
  BOOST_TEST((options->membership.probe_interval == 1s));
  BOOST_TEST((options->membership.dead_after == 10s));
  BOOST_TEST((options->certificate_lifetime == 1h));
}

BOOST_AUTO_TEST_CASE(a_node_is_not_dead_before_it_was_asked_twice) {
  BOOST_TEST(problem("[membership]\ndead_after = \"899ms\"")
             == "troupe.toml:2: membership.dead_after: expected at least 900 ms, two intervals and both timeouts, found 899 ms");
}

BOOST_AUTO_TEST_CASE(how_a_node_finds_its_cluster_is_checked) {
  BOOST_TEST(problem("discover = \"wan\"") == "troupe.toml:1: discover: expected \"lan\" or \"\", found \"wan\"");
  BOOST_TEST(problem("join = \"10.0.0.2:7551, n3\"")
             == "troupe.toml:1: join: expected an address like \"127.0.0.1:7550\", found \"n3\"");
  auto read = parse_node_toml("join = \"10.0.0.2:7551, nodes.example.com:7551\"\ndiscover = \"lan\"", "troupe.toml");
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((read->join == std::vector<std::string>{"10.0.0.2:7551", "nodes.example.com:7551"}));
  BOOST_TEST(read->discover == "lan");
  node_options options;
  options.discover = "dns";
  BOOST_TEST(check(options).failure().message == "discover: expected \"lan\" or \"\", found \"dns\"");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
  for (auto address : {"", "7550", ":7550", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x",
                       "::1:7550", "[]:1", "a b:1"})
    BOOST_TEST((listen_address_from(address).ok() ? "accepted" : listen_address_from(address).failure().message)
               == "expected an address like \"127.0.0.1:7550\", found \"" + std::string(address) + "\"");
}

BOOST_AUTO_TEST_CASE(an_address_is_a_host_and_a_port) {
  BOOST_TEST(listen_address_from("127.0.0.1:7550")->host == "127.0.0.1");
  BOOST_TEST(listen_address_from("127.0.0.1:7550")->port == 7550);
  BOOST_TEST(listen_address_from("localhost:0")->port == 0);
  BOOST_TEST(listen_address_from("[::1]:7550")->host == "::1");
}

BOOST_AUTO_TEST_CASE(wrong_types_and_values_are_refused_with_line_and_field) {
  BOOST_TEST(problem("name = 7") == "troupe.toml:1: name: expected a text in quotes, found 7");
  BOOST_TEST(
      problem("name = \"Node One\"")
      == "troupe.toml:1: name: expected 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit, found \"Node One\"");
  BOOST_TEST(problem("data = \"\"") == "troupe.toml:1: data: expected a folder, found \"\"");
  BOOST_TEST(problem("gateway_loops = 65") == "troupe.toml:1: gateway_loops: expected a whole number from 0 to 64, found 65");
  BOOST_TEST(problem("limits = 3") == "troupe.toml:1: limits: expected a section [limits], found 3");
  BOOST_TEST(problem("\n[log]\nlevel = \"loud\"")
             == "troupe.toml:3: log.level: expected one of debug, info, warn, error, off, found \"loud\"");
  BOOST_TEST(problem("[log]\nformat = \"xml\"") == "troupe.toml:2: log.format: expected text or json, found \"xml\"");
  BOOST_TEST(problem("[log.actors]\npool = \"loud\"")
             == "troupe.toml:2: log.actors.pool: expected one of debug, info, warn, error, off, found \"loud\"");
  BOOST_TEST(problem("[log.actors]\npol = \"debug\"") == "troupe.toml:2: log.actors: unknown key 'pol'; did you mean 'pool'?");
  BOOST_TEST(
      problem("drain_timeout = \"2h\"")
      == "troupe.toml:1: drain_timeout: expected a duration like \"250ms\", \"1s\" or \"5m\" from 0 s to 1h, found \"2h\"");
  BOOST_TEST(problem("[events]\nkeep = 999")
             == "troupe.toml:2: events.keep: expected a whole number from 1000 to 100000000, found 999");
}

BOOST_AUTO_TEST_CASE(a_chunk_must_fit_a_message) {
  BOOST_TEST(problem("[limits]\nmessage_bytes = \"1MiB\"\nchunk_bytes = \"1MiB\"")
             == "troupe.toml:3: limits.chunk_bytes: expected less than a message of 1 MiB, found 1 MiB");
}

BOOST_AUTO_TEST_CASE(a_request_and_its_answer_must_fit_what_a_node_holds_of_bodies) {
  BOOST_TEST(
      problem("[limits]\nbody_bytes = \"100MiB\"")
      == "troupe.toml:2: limits.body_bytes: expected at least two messages of 64 MiB, a request and its answer, found 100 MiB");
  BOOST_TEST(parse_node_toml("[limits]\nmessage_bytes = \"1GiB\"", "troupe.toml").ok());
}

BOOST_AUTO_TEST_CASE(a_file_changes_what_it_names_and_keeps_the_rest) {
  node_options defaults;
  defaults.name = "given";
  defaults.connections_max = 9;
  auto parsed = parse_node_toml(R"(
data = "/var/lib/troupe"
listen = "[::1]:0"
host_binary = "/usr/bin/troupe-host"
gateway_loops = 3
drain_timeout = "2m"
[limits]
default_deadline = "250ms"
message_bytes = "8MiB"
artifact_bytes = "1GiB"
chunk_bytes = "64KiB"
body_bytes = "1GiB"
login_timeout = "3s"
checks = 0
fetches = 7
disk_reserve = "1GiB"
[events]
keep = 5000
[log]
level = "warn"
format = "json"
[log.actors]
pool = "debug"
)",
                                "troupe.toml", defaults);
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->name == "given");
  BOOST_TEST(parsed->connections_max == 9);
  BOOST_TEST(parsed->data_folder == "/var/lib/troupe");
  BOOST_TEST(parsed->listen == "[::1]:0");
  BOOST_TEST(parsed->host_binary == "/usr/bin/troupe-host");
  BOOST_TEST(parsed->gateway_loops == 3);
  BOOST_TEST((parsed->default_deadline == 250ms));
  BOOST_TEST(parsed->message_bytes_max == 8ULL << 20);
  BOOST_TEST(parsed->artifact_bytes_max == 1ULL << 30);
  BOOST_TEST(parsed->chunk_bytes_max == 64ULL << 10);
  BOOST_TEST(parsed->body_bytes_max == 1ULL << 30);
  BOOST_TEST((parsed->login_timeout == 3s));
  BOOST_TEST(parsed->checks_max == 0);
  BOOST_TEST(parsed->fetches_max == 7);
  BOOST_TEST(parsed->disk_reserve == 1ULL << 30);
  BOOST_TEST(parsed->events_max == 5000);
  BOOST_TEST(parsed->log_level == "warn");
  BOOST_TEST(parsed->log_format == "json");
  BOOST_TEST((parsed->drain_timeout == 2min));
  BOOST_TEST(parsed->log_actors.size() == 1U);
  BOOST_TEST(parsed->log_actors.at("pool") == "debug");
}

BOOST_AUTO_TEST_CASE(the_defaults_are_right) {
  BOOST_TEST(check(node_options{}).ok());
  BOOST_TEST(parse_node_toml("", "troupe.toml").ok());
}

BOOST_AUTO_TEST_CASE(the_example_explains_every_key_and_changes_nothing) {
  auto text = *read_text_file(TROUPE_EXAMPLES "/troupe.toml", 1 << 16);
  auto parsed = parse_node_toml(text, "troupe.toml");
  BOOST_REQUIRE_MESSAGE(parsed.ok(), problem(text));
  BOOST_TEST((same(*parsed, node_options{})));
  for (std::string section : {"", "limits", "membership", "events", "log"})
    for (const auto& key : known_keys(section))
      BOOST_TEST(
          (contains(text, "\n" + key + " = ") || contains(text, "\n[" + (section.empty() ? "" : section + ".") + key + "]\n")),
          key);
}

BOOST_AUTO_TEST_CASE(options_from_a_command_line_are_checked_alike) {
  node_options options;
  options.listen = "10.0.0.1";
  BOOST_TEST(check(options).failure().message.rfind("listen: expected an address like", 0) == 0);
  options = {};
  options.log_level = "loud";
  BOOST_TEST(check(options).failure().message == "log level: expected one of debug, info, warn, error, off, found \"loud\"");
}

BOOST_AUTO_TEST_CASE(a_file_is_read_under_its_own_name) {
  test::temporary_folder folder;
  auto path = (folder.path() / "troupe.toml").string();
  BOOST_TEST((read_node_toml(path).failure().code == error_code::not_found));
  std::ofstream(path) << "name = 7\n";
  BOOST_TEST(read_node_toml(path).failure().message == path + ":1: name: expected a text in quotes, found 7");
  std::ofstream(path) << "name = 'n7'\n";
  BOOST_TEST(read_node_toml(path)->name == "n7");
}

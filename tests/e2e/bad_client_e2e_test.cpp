#define BOOST_TEST_MODULE bad_client
#include "runtime/cli/prepared_request.hpp"
#include "tests/e2e/raw_client.hpp"
#include "tests/e2e/shared_node.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <random>
#include <sys/resource.h>

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr std::uint64_t gigabyte = 1ULL << 30;
/// The node's memory may grow by so much: one message, and what the allocator keeps.
constexpr std::uint64_t growth_max = 200ULL << 20;

std::string noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (auto& c : text)
    c = static_cast<char>(random());
  return text;
}

/// A sparse .npy file: FP32 [rows, 1].
void write_large_npy(const std::string& path, std::uint64_t bytes) {
  auto dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(bytes / sizeof(float)) + ", 1), }\n";
  auto head = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dictionary.size()) + '\0' + dictionary;
  std::ofstream(path, std::ios::binary) << head;
  std::filesystem::resize_file(path, head.size() + bytes);
}

/// KJ allows one loop a thread, and the fixture's client has this one's.
template <class Action>
auto on_a_thread_of_its_own(Action action) {
  return std::async(std::launch::async, action).get();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(garbage_on_the_port_ends_that_connection_alone, shared_node) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    raw_client stranger(node.address());
    BOOST_REQUIRE(stranger.connected());
    stranger.send(noise(1 + 97 * seed, seed));
  }
  raw_client web(node.address());
  web.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(web.hung_up());
  BOOST_TEST(client.echoes("witness"));
}

BOOST_FIXTURE_TEST_CASE(a_request_of_1_gb_is_refused_by_the_command_line_before_it_is_read, shared_node) {
  temporary_folder folder;
  auto file = (folder.path() / "large.npy").string();
  write_large_npy(file, gigabyte);
  auto refused = node.troupe({"infer", "witness", "--input", "x=" + file});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "error: the request is 1 GiB; this node takes at most 64 MiB a message"), refused.err);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_announces_or_sends_1_gb_all_the_same_is_cut_off, shared_node) {
  auto before = node.resident_bytes();
  raw_client stranger(node.address());
  BOOST_REQUIRE(stranger.send(message_head(gigabyte / 8)));
  std::string block(1 << 20, 'x');
  std::uint64_t sent = 0;
  while (sent < gigabyte && stranger.send(block))
    sent += block.size();
  BOOST_TEST(sent < gigabyte);
  BOOST_TEST(stranger.hung_up());
  BOOST_TEST(node.resident_bytes() < before + growth_max);
}

BOOST_FIXTURE_TEST_CASE(a_message_over_the_limit_breaks_its_connection_alone, shared_node) {
  auto bytes = client.node().limits().message_bytes_max;
  named_tensor input{"x", datatype::fp32, {static_cast<std::int64_t>(bytes / 4), 1}, std::vector<std::byte>(bytes)};
  auto ended = on_a_thread_of_its_own([&] {
    try {
      return caller(node.address()).ask("witness", {input}).error;
    } catch (const command_failure& failure) {
      return std::string(failure.what());
    }
  });
  BOOST_TEST(contains(ended, "the connection to " + node.address() + " was lost"), ended);
  BOOST_TEST(client.echoes("witness"));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_goes_away_in_the_middle_of_a_call_harms_nobody, shared_node) {
  node.deploy("loops", "loop_on_magic");
  for (int i = 0; i < 5; ++i)
    on_a_thread_of_its_own([&] {
      caller leaving(node.address());
      prepared_request harmless("loops", {row(static_cast<float>(i))});
      prepared_request endless("loops", {magic_row()});
      auto first = harmless.call(leaving.node().inference()).send();
      auto second = endless.call(leaving.node().inference()).send();
      leaving.node().wait(kj::mv(first)); // so the second has arrived too
    });
  BOOST_TEST(client.ask("loops", {row(1)}).error == "");
  BOOST_TEST(client.echoes("witness"));
}

BOOST_FIXTURE_TEST_CASE(half_a_message_and_silence_keep_nobody_from_being_served, shared_node) {
  raw_client silent(node.address());
  BOOST_REQUIRE(silent.send(message_head(100) + "half"));
  BOOST_TEST(client.echoes("witness"));
}

BOOST_FIXTURE_TEST_CASE(a_thousand_connections_at_once_are_all_held_and_served, shared_node) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::vector<std::unique_ptr<raw_client>> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(std::make_unique<raw_client>(node.address()));
    BOOST_REQUIRE(idle.back()->connected());
  }
  BOOST_TEST(client.echoes("witness"));
  BOOST_TEST(echoes_to_a_new_client(node.address(), "witness"));
}

BOOST_FIXTURE_TEST_CASE(a_thousand_calls_in_flight_are_all_answered, shared_node) {
  std::vector<named_tensor> inputs;
  for (int i = 0; i < 1000; ++i)
    inputs.push_back(fp32("x", {1, 1}, {static_cast<float>(i)}));
  auto answers = client.ask_together("witness", inputs);
  for (std::size_t i = 0; i < answers.size(); ++i)
    BOOST_REQUIRE_MESSAGE(answers[i].error.empty() && answers[i].outputs.at(0).data == inputs[i].data,
                          i << ": " << answers[i].error);
}

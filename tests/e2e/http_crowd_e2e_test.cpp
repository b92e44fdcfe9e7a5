#define BOOST_TEST_MODULE http_crowd_e2e
#include "tests/e2e/running_node.hpp"
#include "tests/gateway/raw_http.hpp"

#include <algorithm>
#include <fstream>
#include <poll.h>
#include <sys/resource.h>
#include <vector>

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr std::size_t crowd_size = 2000;
constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t body_bytes = 64 * mebibyte;
/// Beyond the bodies: up to 64 KiB a connection that small requests may have for nothing, buffers, and what the allocator keeps.
constexpr std::uint64_t overhead = 160 * mebibyte;

std::string small_node_file(const temporary_folder& folder) {
  auto path = (folder.path() / "troupe.toml").string();
  std::ofstream(path)
      << "[limits]\nmessage_bytes = \"16MiB\"\nbody_bytes = \"64MiB\"\nconnections = 2100\nidle_timeout = \"5s\"\n";
  return path;
}

/// A node that holds little of bodies, and its clients.
struct crowd_node {
  temporary_folder folder;
  running_node node{{"--config", small_node_file(folder)}};
  std::uint64_t before = 0;

  crowd_node() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    node.deploy("witness", "identity_fp32");
    expect_service();
    before = node.resident_bytes();
  }

  std::uint16_t port() { return port_of(node.process().http_address()); }
  std::vector<http_client> crowd() {
    std::vector<http_client> all;
    for (std::size_t i = 0; i < crowd_size; ++i)
      all.emplace_back(port());
    return all;
  }
  void expect_service() {
    http_client calm(port());
    auto answer =
        calm.post("/v2/models/witness/infer", R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]})");
    BOOST_TEST(answer.status == 200, answer.status << " " << answer.body);
  }
  void tell(const char* when) {
    auto now = node.resident_bytes();
    BOOST_TEST_MESSAGE(when << ": " << now / mebibyte << " MiB, before " << before / mebibyte << " MiB");
    BOOST_TEST(now < before + body_bytes + overhead);
  }
};

/// Sends until the node or the kernel takes no more.
void push(const http_client& client, std::string_view bytes) {
  while (!bytes.empty()) {
    auto sent = ::send(client.socket().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool has_ended(const http_client& client) {
  pollfd ended{client.socket().get(), POLLRDHUP, 0};
  return ::poll(&ended, 1, 0) == 1;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(two_thousand_bodies_that_never_end_cost_what_the_limit_says_and_are_given_up, crowd_node) {
  auto all = crowd();
  auto part =
      "POST /v2/models/witness/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + std::string(1'000'000, ' ');
  for (const auto& each : all)
    push(each, part);
  tell("2000 bodies of 1 MiB under way");
  expect_service();
  BOOST_TEST(eventually([&] { return std::all_of(all.begin(), all.end(), has_ended); }, std::chrono::seconds(30)));
  all.clear();
  tell("after them");
  expect_service();
}

BOOST_FIXTURE_TEST_CASE(two_thousand_clients_that_never_read_cost_what_the_limit_says, crowd_node) {
  auto all = crowd();
  std::string requests;
  for (int i = 0; i < 1000; ++i)
    requests += "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int again = 0; again < 3; ++again)
    for (const auto& each : all)
      push(each, requests);
  tell("2000 clients that never read");
  expect_service();
  all.clear();
  tell("after them");
  expect_service();
}

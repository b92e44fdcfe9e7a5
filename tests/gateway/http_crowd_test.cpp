#define BOOST_TEST_MODULE http_crowd
#include "runtime/gateway/status_writer.hpp"
#include "tests/gateway/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <poll.h>
#include <sys/resource.h>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t crowd_size = 2000;

/// Each client has a socket here and one at the node.
void raise_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  BOOST_REQUIRE(files.rlim_cur > 2 * crowd_size + 100);
}

bool is_answered(http_client& client) {
  pollfd answer{client.socket().get(), POLLIN, 0};
  return ::poll(&answer, 1, 0) == 1;
}

#ifdef __has_feature // clang's, with which sanitizers are built
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

gateway_options crowded() {
  raise_descriptors();
  gateway_options limits = small_limits();
  limits.connections_max = crowd_size + 10;
  limits.body_bytes_max = 64ULL << 20;
  limits.login_timeout = limits.idle_timeout = 1h; // the test takes its time with each
  return limits;
}

struct crowd_fixture : http_fixture {
  crowd_fixture() : http_fixture(crowded()) {}

  std::vector<http_client> crowd() const {
    std::vector<http_client> all;
    for (std::size_t i = 0; i < crowd_size; ++i)
      all.emplace_back(port());
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(two_thousand_connections_are_held_and_served, crowd_fixture) {
  auto all = crowd();
  for (auto& each : all)
    each.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
  for (auto& each : all)
    BOOST_REQUIRE(each.read().status == 200);
  BOOST_TEST(infer_status(all.back(), 1000) == 200);
}

BOOST_FIXTURE_TEST_CASE(two_thousand_bodies_that_are_partly_sent_take_no_more_memory_than_their_limit, crowd_fixture) {
  constexpr std::uint64_t overhead = 64ULL << 20; // 16 KiB a connection, and as much for what the test itself holds
  http_client calm(port());
  BOOST_TEST(infer_status(calm, 1000) == 200);
  auto before = resident_bytes();
  auto all = crowd();
  std::string part(1'000'000, ' ');
  for (auto& each : all)
    each.send("POST " + std::string(infer_path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
  for (auto& each : all)
    each.send(part);
  // Those that found room are held, as many as fit; the others have been told.
  BOOST_TEST(eventually(
      [&] { return std::count_if(all.begin(), all.end(), is_answered) > static_cast<std::ptrdiff_t>(crowd_size / 2); }));
  if (!sanitized) // which keeps memory of its own
    BOOST_TEST(resident_bytes() < before + options.body_bytes_max + overhead);
  // A small one still fits, though perhaps not at once: two gigabytes are being thrown away at the same time.
  BOOST_TEST(eventually([&] { return infer_status(*std::make_unique<http_client>(port()), 1000) == 200; }));
}

#define BOOST_TEST_MODULE metrics_text
#include "runtime/gateway/metrics_text.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>

using namespace troupe;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

model_spec small_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 1}}};
  spec.outputs = {{"y", datatype::fp32, {-1, 1}}};
  spec.max_batch = 4;
  return spec;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_family_is_named_once_and_samples_follow_theirs) {
  real_clock time;
  collected_events events;
  metrics_view view;
  view.pools = {std::make_shared<pool>(version_id{"a", 1}, small_spec(), time, events),
                std::make_shared<pool>(version_id{"b", 2}, small_spec(), time, events)};
  std::istringstream page(metrics_text(view));
  std::map<std::string, int> types;
  std::string family;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("# TYPE ", 0) == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      ++types[family];
    } else if (line[0] != '#') {
      BOOST_TEST(line.rfind(family, 0) == 0, line);
    }
  }
  for (const auto& [name, count] : types)
    BOOST_TEST(count == 1, name);
}

BOOST_AUTO_TEST_CASE(what_waits_failed_and_was_restarted_is_counted_by_version) {
  real_clock time;
  collected_events events;
  test_loop loop;
  auto target = std::make_shared<pool>(version_id{"echo", 3}, small_spec(), time, events);
  auto waiting = std::make_shared<outcome>();
  target->submit(std::make_unique<recorded_request>(loop, std::vector<float>{1, 2}, 2, waiting));
  metrics_view view;
  view.pools = {target};
  view.resident_bytes = 77;
  view.deployments.deployments.resize(1);
  auto& version = view.deployments.deployments[0].versions.emplace_back();
  version.record.id = {"echo", 3};
  version.pool.replicas.resize(2);
  version.pool.replicas[1].restarts = 5;
  auto page = metrics_text(view);
  BOOST_TEST(contains(page, "troupe_queue_rows{model=\"echo\",version=\"3\"} 2\n"), page);
  BOOST_TEST(contains(page, "troupe_replica_restarts{model=\"echo\",version=\"3\"} 5\n"));
  BOOST_TEST(contains(page, "troupe_node_resident_bytes 77\n"));
  target->close(true);
  BOOST_TEST(waiting->wait());
  page = metrics_text(view);
  BOOST_TEST(contains(page, "nv_inference_request_failure{model=\"echo\",version=\"3\"} 1\n"), page);
  BOOST_TEST(contains(page, "troupe_request_failures_total{model=\"echo\",version=\"3\",code=\"unavailable\"} 1\n"));
  BOOST_TEST(contains(page, "troupe_request_duration_seconds_bucket{model=\"echo\",version=\"3\",le=\"0.0001\"} 0\n"));
  BOOST_TEST(contains(page, "troupe_request_duration_seconds_bucket{model=\"echo\",version=\"3\",le=\"+Inf\"} 0\n"));
}

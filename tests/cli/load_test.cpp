#define BOOST_TEST_MODULE load
#include "runtime/cli/load.hpp"
#include "runtime/cli/wire.hpp"
#include "tests/cli/fake_node.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace {

using namespace troupe;
using test::fake_node;

named_tensor tensor_of_bytes(std::size_t bytes, std::uint8_t value) {
  return {"x", datatype::uint8, {static_cast<std::int64_t>(bytes)}, std::vector<std::byte>(bytes, std::byte{value})};
}

exit_code code_of_load(client& node, const load_options& options) {
  try {
    run_load(node, options);
  } catch (const command_failure& failure) {
    return failure.code();
  }
  return exit_code::ok;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_node_that_hangs_up_ends_the_load) {
  quiet_kj quiet;
  fake_node server;
  client node(server.address());
  prepared_request request("hangup", {});
  load_options options;
  options.requests = {&request};
  options.count = 100;
  options.concurrency = 8;
  BOOST_TEST((code_of_load(node, options) == exit_code::no_node));
}

BOOST_AUTO_TEST_CASE(a_node_that_goes_silent_ends_the_load) {
  fake_node server;
  client node(server.address());
  prepared_request request("silent", {});
  load_options options;
  options.requests = {&request};
  options.silence_max = std::chrono::milliseconds(20);
  BOOST_TEST((code_of_load(node, options) == exit_code::timed_out));
}

BOOST_AUTO_TEST_CASE(refusals_are_counted_by_code_and_do_not_end_the_load) {
  fake_node server;
  client node(server.address());
  prepared_request request("flaky", {});
  load_options options;
  options.requests = {&request};
  options.count = 100;
  options.concurrency = 8;
  auto report = run_load(node, options);
  BOOST_TEST(report.answered == 50U);
  BOOST_TEST(report.failed == 50U);
  BOOST_TEST(report.errors.at("overloaded") == 50U);
  BOOST_TEST(report.first_error == "the queue of 'flaky' is full; retry later");
  BOOST_TEST(report.latency.count == 50U);
}

BOOST_AUTO_TEST_CASE(each_index_is_answered_once_and_requests_are_sent_in_turn) {
  fake_node server;
  client node(server.address());
  prepared_request first("echo", {tensor_of_bytes(10, 1)});
  prepared_request second("echo", {tensor_of_bytes(10, 2)});
  std::set<std::uint64_t> seen;
  load_options options;
  options.requests = {&first, &second};
  options.count = 1001;
  options.concurrency = 64;
  options.on_answer = [&](std::uint64_t index, schema::InferResponse::Reader response) {
    BOOST_TEST(seen.insert(index).second);
    BOOST_TEST(response.getOutputs()[0].getData()[0] == index % 2 + 1);
  };
  auto report = run_load(node, options);
  BOOST_TEST(report.answered == 1001U);
  BOOST_TEST(seen.size() == 1001U);
  BOOST_TEST(report.requests_per_second() > 0);
  BOOST_TEST((report.latency.p50 <= report.latency.p99 && report.latency.p99 <= report.latency.max));
}

BOOST_AUTO_TEST_CASE(a_time_limit_ends_the_load_before_its_count) {
  fake_node server;
  client node(server.address());
  prepared_request request("echo", {});
  load_options options;
  options.requests = {&request};
  options.count = load_requests_max;
  options.concurrency = 4;
  options.time_limit = std::chrono::milliseconds(20);
  auto report = run_load(node, options);
  BOOST_TEST(report.answered > 0U);
  BOOST_TEST(report.answered < load_requests_max);
}

BOOST_DATA_TEST_CASE(tensors_of_every_size_arrive_as_they_are,
                     boost::unit_test::data::make({0, 1, 7, 16383, 16384, 16385, 600000}), bytes) {
  fake_node server;
  client node(server.address());
  auto tensor = tensor_of_bytes(static_cast<std::size_t>(bytes), 7);
  prepared_request request("echo", {tensor, tensor}, std::chrono::seconds(1), "an id");
  BOOST_TEST(request.size() >= 2 * static_cast<std::size_t>(bytes));
  for (int again = 0; again < 2; ++again) {
    auto answer = node.wait(request.call(node.inference()).send());
    BOOST_TEST(text_of(answer.getResponse().getId()) == "an id");
    BOOST_REQUIRE(answer.getResponse().getOutputs().size() == 2U);
    auto output = tensor_of(answer.getResponse().getOutputs()[1]);
    BOOST_TEST((output.data == tensor.data && output.dims == tensor.dims && output.name == "x"));
  }
}

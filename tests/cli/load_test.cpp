#define BOOST_TEST_MODULE load
#include "runtime/cli/rpc_channel.hpp"
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

/// How a load of one request ends.
exit_code end_of_load(const char* deployment, const load_options& options) {
  quiet_kj quiet;
  fake_node server;
  client node(server.address());
  prepared_request request(deployment, {});
  rpc_channel channel(node, {&request});
  auto report = run_load(node.loop(), {&channel}, options);
  return report.broken_off ? report.broken_off->code() : exit_code::ok;
}

/// A load of no inputs on a fake node.
struct loaded {
  explicit loaded(const char* deployment) : request(deployment, {}), node(server.address()), channel(node, {&request}) {}
  load_report run(const load_options& options) { return run_load(node.loop(), {&channel}, options); }

  quiet_kj quiet;
  fake_node server;
  prepared_request request;
  client node;
  rpc_channel channel;
};

load_options open_loop(double per_second, std::chrono::nanoseconds length) {
  load_options options;
  options.rate = load_rate{per_second, arrivals::constant, 1};
  options.time_limit = length;
  return options;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_node_that_hangs_up_ends_the_load) {
  load_options options;
  options.count = 100;
  options.concurrency = 8;
  BOOST_TEST((end_of_load("hangup", options) == exit_code::no_node));
  BOOST_TEST((end_of_load("hangup", open_loop(1000, std::chrono::minutes(1))) == exit_code::no_node));
}

BOOST_AUTO_TEST_CASE(a_node_that_goes_silent_ends_the_load) {
  load_options options;
  options.silence_max = std::chrono::milliseconds(20);
  BOOST_TEST((end_of_load("silent", options) == exit_code::timed_out));
  auto open = open_loop(1000, std::chrono::minutes(1));
  open.silence_max = options.silence_max;
  BOOST_TEST((end_of_load("silent", open) == exit_code::timed_out));
}

BOOST_AUTO_TEST_CASE(a_pause_between_two_requests_is_no_silence) {
  auto options = open_loop(0.5, std::chrono::minutes(1));
  options.count = 2;
  options.silence_max = std::chrono::milliseconds(1500);
  auto report = loaded("echo").run(options);
  BOOST_TEST(!report.broken_off);
  BOOST_TEST(report.answered == 2U);
}

BOOST_AUTO_TEST_CASE(what_was_answered_before_the_end_is_counted) {
  load_options options;
  options.concurrency = 4;
  auto report = loaded("mortal").run(options);
  BOOST_REQUIRE(report.broken_off.has_value());
  BOOST_TEST(report.answered > 0U);
  BOOST_TEST(report.answered <= 50U);
  BOOST_CHECK_THROW(unbroken(report), command_failure);
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_the_load_where_it_was_asked_for) {
  loaded node("impatient");
  node.node.on_interrupt("stopped");
  load_options options;
  options.concurrency = 4;
  auto report = node.run(options);
  BOOST_REQUIRE(report.broken_off.has_value());
  BOOST_TEST((report.broken_off->code() == exit_code::interrupted));
  BOOST_TEST(report.broken_off->what() == "stopped");
  BOOST_TEST(report.answered > 0U);
}

BOOST_AUTO_TEST_CASE(refusals_are_counted_by_code_and_do_not_end_the_load) {
  load_options options;
  options.count = 100;
  options.concurrency = 8;
  auto report = loaded("flaky").run(options);
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
  rpc_channel channel(node, {&first, &second}, [&](std::uint64_t index, schema::InferResponse::Reader response) {
    BOOST_TEST(seen.insert(index).second);
    BOOST_TEST(response.getOutputs()[0].getData()[0] == index % 2 + 1);
  });
  load_options options;
  options.count = 1001;
  options.concurrency = 64;
  auto report = run_load(node.loop(), {&channel}, options);
  BOOST_TEST(report.answered == 1001U);
  BOOST_TEST(seen.size() == 1001U);
  BOOST_TEST(report.requests_per_second() > 0);
  BOOST_TEST((report.latency.p50 <= report.latency.p99 && report.latency.p99 <= report.latency.max));
}

BOOST_AUTO_TEST_CASE(several_connections_share_the_requests) {
  fake_node server;
  client_loop loop;
  prepared_request request("echo", {});
  client one(loop, server.address());
  client two(loop, server.address());
  std::uint64_t counts[2] = {};
  auto count = [&](int which) { return [&counts, which](std::uint64_t, schema::InferResponse::Reader) { ++counts[which]; }; };
  rpc_channel first(one, {&request}, count(0));
  rpc_channel second(two, {&request}, count(1));
  load_options options;
  options.count = 100;
  options.concurrency = 8;
  BOOST_TEST(run_load(loop, {&first, &second}, options).answered == 100U);
  BOOST_TEST(counts[0] == 50U);
  BOOST_TEST(counts[1] == 50U);
}

BOOST_AUTO_TEST_CASE(a_time_limit_ends_the_load_before_its_count) {
  load_options options;
  options.concurrency = 4;
  options.time_limit = std::chrono::milliseconds(500);
  auto report = loaded("echo").run(options);
  BOOST_TEST(report.answered > 0U);
  BOOST_TEST(report.answered < load_requests_max);
}

BOOST_AUTO_TEST_CASE(an_open_loop_sends_what_is_due_and_no_more) {
  auto report = loaded("echo").run(open_loop(1000, std::chrono::milliseconds(50)));
  BOOST_TEST(report.answered == 50U);
  BOOST_TEST(report.unsent == 0U);
}

BOOST_AUTO_TEST_CASE(a_latency_counts_from_when_its_request_was_due) {
  loaded node("echo");
  auto options = open_loop(1e6, std::chrono::milliseconds(100)); // more than a fake node can answer in that time
  auto report = node.run(options);
  BOOST_TEST(report.answered + report.unsent == 100'000U);
  BOOST_TEST((report.latency.max > std::chrono::milliseconds(10))); // though each took far less from its sending on
}

BOOST_AUTO_TEST_CASE(what_was_due_while_too_many_were_unanswered_is_told_as_unsent) {
  auto options = open_loop(1e6, std::chrono::milliseconds(20));
  options.silence_max = std::chrono::milliseconds(100);
  auto report = loaded("silent").run(options);
  BOOST_TEST(report.answered == 0U);
  BOOST_TEST(report.unsent == 20'000U - load_in_flight_max);
}

BOOST_AUTO_TEST_CASE(figures_are_told_while_it_runs) {
  load_options options;
  options.time_limit = std::chrono::milliseconds(500);
  std::uint64_t told = 0;
  options.on_progress = [&](const load_report& so_far) {
    BOOST_TEST(so_far.answered >= told);
    told = so_far.answered;
  };
  BOOST_TEST(loaded("echo").run(options).answered > told);
  BOOST_TEST(told > 0U);
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

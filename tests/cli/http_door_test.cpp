#define BOOST_TEST_MODULE http_door
#include "tests/cli/command_line.hpp"
#include "tests/cli/fake_http_node.hpp"

#include "runtime/cli/http_door.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
namespace data = boost::unit_test::data;

constexpr const char* echo_request =
    R"({"id": "r1", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0.1, "NaN", -2]}]})";

/// `troupe infer` and `bench` over HTTP; TROUPE_HTTP names the fake.
struct over_http : test::command_line {
  over_http() { setenv("TROUPE_HTTP", server.address().c_str(), 1); }
  ~over_http() { unsetenv("TROUPE_HTTP"); }

  int ask(std::vector<const char*> arguments) {
    arguments.insert(arguments.end(), {"--protocol", "http", "-o", "json"});
    return run(arguments, echo_request);
  }

  test::fake_http_node server;
};

load_report load(const char* deployment, const load_options& options) {
  quiet_kj quiet;
  test::fake_http_node server;
  http_door door(server.address(), tensor_form::binary, 16);
  door.prepare({deployment, {}, "", {}, {}});
  return run_load(door.loop(), door.channels(), options);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(infer_sends_binary_tensors_and_reads_them, over_http) {
  BOOST_TEST(ask({"infer", "echo", "-"}) == 0, err);
  auto answer = json::parse(out);
  BOOST_TEST(answer["model_name"] == "echo");
  BOOST_TEST(answer["model_version"] == "3");
  BOOST_TEST(answer["id"] == "r1");
  BOOST_TEST(answer["outputs"].dump() == R"([{"data":[0.1,"NaN",-2.0],"datatype":"FP32","name":"x","shape":[1,3]}])");
  BOOST_TEST(server.last_request().find("POST /v2/models/echo/infer application/octet-stream ") == 0U, server.last_request());
  BOOST_TEST(server.last_request().find("none") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(infer_sends_and_reads_json_where_it_is_told_to, over_http) {
  BOOST_TEST(ask({"infer", "echo", "-", "--json"}) == 0, err);
  BOOST_TEST(json::parse(out)["outputs"].dump() == R"([{"data":[0.1,"NaN",-2.0],"datatype":"FP32","name":"x","shape":[1,3]}])");
  BOOST_TEST(server.last_request() == "POST /v2/models/echo/infer application/json none");
}

BOOST_FIXTURE_TEST_CASE(what_the_server_refuses_exits_with_1_and_its_words, over_http) {
  BOOST_TEST(ask({"infer", "nothing", "-"}) == 1);
  BOOST_TEST(err == "error: no deployment 'nothing'\n");
  BOOST_TEST(ask({"bench", "nothing"}) == 1);
  BOOST_TEST(err == "error: no deployment 'nothing'\n");
  BOOST_TEST(ask({"infer", "garbled", "-"}) == 1);
  BOOST_TEST(err.find("error: the node's answer is malformed: ") == 0U, err);
}

BOOST_FIXTURE_TEST_CASE(names_are_percent_encoded, over_http) {
  BOOST_TEST(ask({"infer", "a/../b?c", "-"}) == 1);
  BOOST_TEST(server.last_request().find("POST /v2/models/a%2F..%2Fb%3Fc/infer ") == 0U, server.last_request());
}

BOOST_FIXTURE_TEST_CASE(without_a_server_the_exit_code_is_3, over_http) {
  BOOST_TEST(ask({"infer", "echo", "-", "--http", "127.0.0.1:1"}) == 3);
  BOOST_TEST(err == "error: nobody answers HTTP at 127.0.0.1:1; start a node that does, or name another with --http\n");
  BOOST_TEST(ask({"infer", "echo", "-", "--http", "nonsense"}) == 2);
  BOOST_TEST(err.find("error: --http: expected an address like") == 0U, err);
}

BOOST_FIXTURE_TEST_CASE(json_bodies_are_for_http_only, over_http) {
  BOOST_TEST(run({"infer", "echo", "-", "--json"}, echo_request) == 2);
  BOOST_TEST(err == "error: --json is about HTTP bodies; add --protocol http\n");
  BOOST_TEST(run({"infer", "echo", "-", "--protocol", "smoke"}, echo_request) == 2);
  BOOST_TEST(err.find("smoke not in {capnp,http}") != std::string::npos, err);
}

BOOST_FIXTURE_TEST_CASE(an_array_finds_its_input_by_the_models_metadata, over_http) {
  test::temporary_folder folder;
  auto path = (folder.path() / "a.npy").string();
  BOOST_REQUIRE(write_npy_file(path, {"", datatype::uint8, {1, 2}, std::vector<std::byte>(2, std::byte{5})}).ok());
  BOOST_TEST(ask({"infer", "echo", "--npy", path.c_str()}) == 0, err);
  BOOST_TEST(json::parse(out)["outputs"][0]["name"] == "x");
}

BOOST_DATA_TEST_CASE(bench_sends_random_data_in_both_forms_and_loops, data::make({"--concurrency", "--rate"}), pressure) {
  for (auto form : {"", "--json"}) {
    over_http troupe;
    std::vector<const char*> arguments = {"bench", "echo", pressure, "500", "--duration", "100ms", "--warmup", "0"};
    if (*form != '\0')
      arguments.push_back(form);
    BOOST_TEST(troupe.ask(arguments) == 0, troupe.err);
    auto told = json::parse(troupe.out);
    BOOST_TEST(told["protocol"] == "http");
    BOOST_TEST(told["levels"][0]["answered"] > 0);
    BOOST_TEST(told["levels"][0]["failed"] == 0);
  }
}

BOOST_FIXTURE_TEST_CASE(no_more_connections_are_opened_than_wanted, over_http) {
  BOOST_TEST(ask({"bench", "echo", "--concurrency", "64", "--connections", "3", "--duration", "50ms", "--warmup", "0"}) == 0);
  BOOST_TEST(server.connections() <= 4U); // the first one only looks whether somebody is there
}

BOOST_AUTO_TEST_CASE(refusals_over_http_are_counted_by_code) {
  load_options options;
  options.count = 100;
  options.concurrency = 8;
  auto report = load("flaky", options);
  BOOST_TEST(report.answered == 50U);
  BOOST_TEST(report.errors.at("unavailable") == 50U);
  BOOST_TEST(report.first_error == "the queue of 'flaky' is full; retry later");
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_or_goes_silent_ends_the_load_with_the_figures_so_far) {
  load_options options;
  options.concurrency = 8;
  auto dead = load("mortal", options);
  BOOST_REQUIRE(dead.broken_off.has_value());
  BOOST_TEST((dead.broken_off->code() == exit_code::no_node));
  BOOST_TEST(dead.answered > 0U);
  options.silence_max = std::chrono::milliseconds(20);
  BOOST_TEST((load("silent", options).broken_off->code() == exit_code::timed_out));
}

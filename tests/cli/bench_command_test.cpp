#define BOOST_TEST_MODULE bench_command
#include "runtime/cli/arrival_schedule.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace troupe;
using nlohmann::json;
using test::command_line;
using test::connected;
using test::misuse;
namespace data = boost::unit_test::data;

/// Behind "bench echo".
const misuse misuses[] = {
    {{"--concurrency", "0"},
     "error: '0' is no level and no list of them; write 8, 1,2,4 or 1:64 (doubling): at most 64 of them, "
     "each from 1 to 4096\n"},
    {{"--rate", "0"}, "error: '0' is no level and no list of them"},
    {{"--rate", "1e3"}, "error: '1e3' is no level and no list of them"},
    {{"--rate", "2000000"}, "each from 1 to 1000000\n"},
    {{"--rate", "10", "--concurrency", "2"}, "--concurrency excludes --rate"},
    {{"--arrivals", "constant"}, "--arrivals requires --rate"},
    {{"--arrivals", "never", "--rate", "1"}, "never not in {poisson,constant}"},
    {{"--duration", "0s"}, "error: '0s' is no duration"},
    {{"--warmup", "soon"}, "error: 'soon' is no duration"},
    {{"--deadline", "5"}, "error: '5' is no duration"},
    {{"--connections", "0"}, "--connections"},
    {{"--rows", "0"}, "--rows"},
    {{"--shape", "x"}, "error: --shape x: expected NAME=1,784, at most 8 dimensions\n"},
    {{"-", "--npy", "x.npy"},
     "error: give the inputs in one way: a JSON file, --input NAME=FILE.npy for each input, --npy FILE, or "
     "nothing for random data\n"},
    {{"-", "--rows", "2"}, "error: --shape and --rows are for random data; the inputs that are given have a shape\n"},
};

/// `troupe bench`, short.
struct short_bench : connected {
  int bench(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "bench");
    arguments.insert(arguments.end(), {"--duration", length, "--warmup", "0"});
    return run(arguments);
  }

  json report(std::vector<const char*> arguments, int code = 0) {
    arguments.insert(arguments.end(), {"-o", "json"});
    BOOST_TEST(bench(arguments) == code, err);
    return json::parse(out);
  }

  const char* length = "100ms";
};

/// How many requests of an open loop are due in the length of a short bench, which runs the same schedule however slow the machine is.
std::uint64_t due_at(std::uint64_t rate, arrivals kind) {
  arrival_schedule schedule(kind, static_cast<double>(rate), rate);
  std::uint64_t count = 0;
  while (schedule.next() < std::chrono::milliseconds(100))
    ++count;
  return count;
}

} // namespace

BOOST_DATA_TEST_CASE(bad_usage_is_told_before_a_node_is_asked, data::make(misuses), row) {
  command_line troupe;
  auto arguments = row.arguments;
  for (auto first : {"127.0.0.1:1", "--node", "echo", "bench"})
    arguments.insert(arguments.begin(), first);
  BOOST_TEST(troupe.run(arguments) == 2);
  BOOST_TEST(troupe.out == "");
  BOOST_TEST(troupe.err.find(row.message) != std::string::npos, troupe.err);
}

BOOST_FIXTURE_TEST_CASE(without_a_node_the_exit_code_is_3, command_line) {
  BOOST_TEST(run({"bench", "echo", "--node", "127.0.0.1:1"}) == 3);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_deployment_is_told_before_any_load, short_bench) {
  BOOST_TEST(bench({"nothing"}) == 1);
  BOOST_TEST(err == "error: no deployment 'nothing'\n");
  BOOST_TEST(out == "");
}

BOOST_FIXTURE_TEST_CASE(a_closed_ramp_has_a_level_for_each_concurrency, short_bench) {
  auto told = report({"echo", "--concurrency", "1:4", "--rows", "3"});
  BOOST_TEST(told["deployment"] == "echo");
  BOOST_TEST(told["loop"] == "closed");
  BOOST_TEST(told["rows"] == 3);
  BOOST_REQUIRE(told["levels"].size() == 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& level = told["levels"][i];
    BOOST_TEST(level["concurrency"] == 1U << i);
    BOOST_TEST(level["answered"] > 0);
    BOOST_TEST(level["failed"] == 0);
    BOOST_TEST(level["rows_per_second"].get<double>() == 3 * level["requests_per_second"].get<double>(),
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(level["latency_us"]["p50"] <= level["latency_us"]["p99_9"]);
  }
}

BOOST_DATA_TEST_CASE(an_open_loop_sends_all_that_is_due_however_it_arrives, data::make({"poisson", "constant"}), kind) {
  short_bench troupe;
  auto told = troupe.report({"echo", "--rate", "200,1000", "--arrivals", kind});
  BOOST_TEST(told["loop"] == "open");
  BOOST_TEST(told["arrivals"] == kind);
  BOOST_REQUIRE(told["levels"].size() == 2U);
  for (const auto& level : told["levels"]) {
    auto due = due_at(level["rate"], std::string_view(kind) == "poisson" ? arrivals::poisson : arrivals::constant);
    BOOST_TEST(level["unsent"] == 0);
    BOOST_TEST(level["answered"] == due);
  }
}

BOOST_FIXTURE_TEST_CASE(a_table_is_for_people, short_bench) {
  BOOST_TEST(bench({"echo", "--connections", "2"}) == 0);
  BOOST_TEST(out.find("CONCURRENCY  ANSWERED  FAILED ") == 0U, out);
  BOOST_TEST(std::count(out.begin(), out.end(), '\n') == 2);
  BOOST_TEST(err == "");
}

BOOST_FIXTURE_TEST_CASE(inputs_may_come_from_files, short_bench) {
  auto array = npy("a.npy");
  BOOST_TEST(report({"echo", "--npy", array.c_str()})["rows"] == 1);
  BOOST_TEST(report({"pair", "--input", ("a=" + array).c_str(), "--input", ("b=" + array).c_str()})["rows"] == 1);
}

BOOST_FIXTURE_TEST_CASE(random_data_needs_a_shape_where_the_model_leaves_it_open, short_bench) {
  BOOST_TEST(bench({"pair"}) == 2);
  BOOST_TEST(err == "error: input 'a' has the shape [-1, -1] with free dimensions; write --shape a=1,1\n");
  BOOST_TEST(bench({"echo", "--shape", "x=2,5"}) == 2);
  BOOST_TEST(err == "error: --shape: input 'x': expected shape [-1, 4], found [2, 5]\n");
}

BOOST_FIXTURE_TEST_CASE(refusals_are_counted_by_code_and_end_with_1, short_bench) {
  auto told = report({"flaky", "--concurrency", "4"}, 1);
  const auto& level = told["levels"][0];
  BOOST_TEST(level["failed"] > 0);
  BOOST_TEST(level["errors"]["overloaded"] == level["failed"]);
  BOOST_TEST(level["first_error"] == "the queue of 'flaky' is full; retry later");
  BOOST_TEST(err.find(" requests failed; the first: the queue of 'flaky' is full; retry later\n") != std::string::npos, err);
}

BOOST_DATA_TEST_CASE(a_node_that_dies_ends_the_ramp_with_the_figures_so_far_and_3, data::make({"--concurrency", "--rate"}),
                     pressure) {
  short_bench troupe;
  auto told = troupe.report({"mortal", pressure, "4096,8"}, 3);
  BOOST_REQUIRE(told["levels"].size() == 1U);
  BOOST_TEST(told["levels"][0]["answered"] <= 50);
  BOOST_TEST(told["levels"][0]["broken_off"]
             == "the connection to " + troupe.server.address() + " was lost; see `troupe status` whether the node is up");
  BOOST_TEST(troupe.err.find("error: the connection to ") == 0U, troupe.err);
}

BOOST_DATA_TEST_CASE(ctrl_c_ends_the_ramp_with_the_figures_so_far_and_130,
                     data::make({"--concurrency", "--rate"}) ^ data::make({"4,8", "1000,8"}), pressure, levels) {
  short_bench troupe;
  troupe.length = "1m";
  auto told = troupe.report({"impatient", pressure, levels}, 130);
  BOOST_REQUIRE(told["levels"].size() == 1U);
  if (std::string_view(pressure) == "--concurrency") // otherwise it may come before all answers
    BOOST_TEST(told["levels"][0]["answered"] >= 1);
  BOOST_TEST(troupe.err == "error: stopped by Ctrl-C; the figures are of the time before\n");
}

BOOST_FIXTURE_TEST_CASE(ctrl_c_while_it_warms_up_ends_it_too, connected) {
  BOOST_TEST(run({"bench", "impatient", "--warmup", "1m", "-o", "json"}) == 130);
  BOOST_TEST(json::parse(out)["levels"][0]["answered"] == 0);
}

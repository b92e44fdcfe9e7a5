#define BOOST_TEST_MODULE check_command
#include "runtime/base/sha256.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::test;

BOOST_FIXTURE_TEST_CASE(a_golden_file_that_does_not_fit_model_toml_is_refused_before_anything_is_sent, connected) {
  auto path = model();
  auto file_path = file("golden.json", golden("[1, 2, 3]"));
  for (auto arguments : {std::vector<const char*>{"check", path.c_str()}, {"deploy", "echo", path.c_str()}}) {
    BOOST_TEST(run(arguments) == 2);
    BOOST_TEST(err == "error: " + file_path + ": case 0: input 'x'.data: shape [4] needs 4 values, found 3\n");
  }
  BOOST_TEST(server.calls().empty());
}

BOOST_FIXTURE_TEST_CASE(a_model_that_the_node_refuses_exits_with_1_and_its_words, connected) {
  auto path = model();
  std::ofstream(path + "/model.toml", std::ios::app) << "# broken\n";
  BOOST_TEST(run({"check", path.c_str()}) == 1);
  BOOST_TEST(err == "error: golden.json: case 0: the model failed: it is broken\n");
  BOOST_TEST(out == "");
}

BOOST_FIXTURE_TEST_CASE(check_uploads_and_validates_and_deploys_nothing, connected) {
  auto path = model();
  file("golden.json", golden("[1, 2, 3, 4]"));
  BOOST_TEST(run({"check", path.c_str()}) == 0);
  BOOST_TEST(out
             == "GOLDEN CASES    LOAD  SLOWEST BATCH\n"
                "          10  310 ms         1.2 ms\n\n"
                "It would be deployed; next: troupe deploy NAME FOLDER\n");
  auto calls = server.calls();
  BOOST_TEST(calls.front() == "upload 2500");
  BOOST_TEST(calls.back() == "validate " + sha256_of(weights).substr(0, 8) + " with golden cases");
}

BOOST_FIXTURE_TEST_CASE(a_model_without_golden_cases_is_told_so, connected) {
  BOOST_TEST(run({"check", model().c_str()}) == 0);
  BOOST_TEST(out.find("no golden.json") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(programs_get_the_whole_report, connected) {
  BOOST_TEST(run({"check", model().c_str(), "-o", "json"}) == 0);
  auto report = nlohmann::json::parse(out);
  BOOST_TEST(report["load_us"] == 310'000);
  BOOST_TEST(report["slowest_us"] == 1'200);
}

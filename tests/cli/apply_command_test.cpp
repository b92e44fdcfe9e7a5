#define BOOST_TEST_MODULE apply_command
#include "runtime/base/sha256.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace {

using namespace troupe;
using nlohmann::json;

struct fixture : test::connected {
  /// A file that asks for the fixture's model under each name.
  std::string asking_for(const std::vector<std::string>& names, const std::string& more = "") {
    std::string text;
    for (const auto& name : names)
      text += "[[deployment]]\nname = \"" + name + "\"\nfolder = \"" + std::filesystem::path(model()).filename().string() + "\"\n"
              + more;
    auto path = (folder.path().parent_path() / (folder.path().filename().string() + ".toml")).string();
    std::ofstream(path) << text;
    file_ = path;
    return path;
  }
  ~fixture() { std::filesystem::remove(file_); }

private:
  std::string file_;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(apply_shows_what_differs_deploys_it_and_has_nothing_to_do_the_next_time, fixture) {
  auto digest = sha256_of(weights).substr(0, 12);
  auto file = asking_for({"echo"}, "replicas = 2\n");
  BOOST_TEST(run({"apply", file.c_str()}) == 0);
  BOOST_TEST(
      out.find("CHANGE  DEPLOYMENT  DIFFERENCES\ndeploy  echo        model.pt 0123456789ab → " + digest + ", model.toml - → ")
          == 0U,
      out);
  BOOST_TEST(out.find("echo@3 is live after 1.51 s\n") != std::string::npos);
  BOOST_TEST(server.calls().back() == "deploy echo 2");
  BOOST_TEST(run({"apply", file.c_str()}) == 0);
  BOOST_TEST(out == "nothing to do\n");
  BOOST_TEST(server.calls().back() == "deploy echo 2");
}

BOOST_FIXTURE_TEST_CASE(other_replicas_alone_are_scaled, fixture) {
  BOOST_TEST(run({"apply", asking_for({"echo"}).c_str()}) == 0);
  BOOST_TEST(run({"apply", asking_for({"echo"}, "replicas = 5\n").c_str()}) == 0);
  BOOST_TEST(out
             == "CHANGE  DEPLOYMENT  DIFFERENCES\n"
                "scale   echo        replicas 2 → 5\n"
                "echo: 5 replicas wanted\n");
  BOOST_TEST(server.calls().back() == "scale echo 5");
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_only_shows_and_exits_with_0, fixture) {
  BOOST_TEST(run({"apply", "--dry-run", asking_for({"echo", "pair"}).c_str(), "-o", "json"}) == 0);
  auto plan = json::parse(out);
  BOOST_TEST(plan["applied"] == false);
  BOOST_TEST(plan["changes"].size() == 2U);
  BOOST_TEST(plan["changes"][1]["differences"][0]["to"] == sha256_of(weights).substr(0, 12));
  BOOST_TEST(server.calls().empty());
}

BOOST_FIXTURE_TEST_CASE(what_the_file_does_not_name_is_undeployed_only_when_pruned, fixture) {
  auto file = asking_for({"pair"});
  BOOST_TEST(run({"apply", file.c_str()}) == 0);
  BOOST_TEST(server.calls().back() == "deploy pair 0");
  BOOST_TEST(run({"apply", file.c_str(), "--prune"}) == 0);
  BOOST_TEST(out.find("undeploy  echo        the file does not name it\n") != std::string::npos, out);
  BOOST_TEST(server.calls().back() == "undeploy echo");
}

BOOST_FIXTURE_TEST_CASE(the_first_failure_ends_the_run, fixture) {
  BOOST_TEST(run({"apply", asking_for({"broken", "pair"}).c_str()}) == 1);
  BOOST_TEST(err == "error: broken@3 failed while validating: the model raised an error\n");
  BOOST_TEST(server.calls().back() == "deploy broken 0");
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_missing_is_told_before_anything_is_done, fixture) {
  auto file = asking_for({"echo"});
  std::filesystem::remove(folder.path() / "model.pt");
  BOOST_TEST(run({"apply", file.c_str()}) == 2);
  BOOST_TEST(err.find("model.pt") != std::string::npos);
  BOOST_TEST(server.calls().empty());
}

BOOST_FIXTURE_TEST_CASE(labels_and_a_strategy_are_those_of_the_file, fixture) {
  BOOST_TEST(run({"apply", asking_for({"echo"}, "on = \"zone=a\"\nstrategy = \"canary\"\n").c_str()}) == 0);
  BOOST_TEST(server.rollout_toml().find("strategy = \"canary\"") != std::string::npos);
  BOOST_TEST(run({"apply", asking_for({"echo"}, "strategy = \"canery\"\n").c_str()}) == 2);
  BOOST_TEST(err.find("error: strategy: expected rolling, canary") == 0U, err);
}

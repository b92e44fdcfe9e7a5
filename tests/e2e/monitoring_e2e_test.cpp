#define BOOST_TEST_MODULE monitoring
#include "tests/e2e/prometheus_process.hpp"
#include "tests/e2e/running_node.hpp"
#include "tests/gateway/raw_http.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

using namespace troupe;
using namespace troupe::test;

namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// A node that serves the digits, keeps their answers, and is asked again and again, while a second version takes over by stages, for as long as it lives.
class busy_node {
public:
  busy_node() {
    auto folder = folder_.path() / "model";
    fs::copy(digits_folder("cnn"), folder, fs::copy_options::recursive);
    std::ofstream(folder / "model.toml", std::ios::app) << "\n[cache]\nbytes = \"1MiB\"\n";
    auto done = node_.troupe({"deploy", "digits", folder.string()});
    BOOST_REQUIRE_MESSAGE(done.code == 0, done.err);
    begin_rollout(folder);
  }

  const std::string& http_address() { return node_.process().http_address(); }
  std::string page() { return http_client(port_of(http_address())).get("/metrics").body; }
  /// One request that was never there before, one that was, and one that fails.
  void ask() {
    http_client client(port_of(http_address()));
    auto request = nlohmann::json::parse(text_of_file(digits_folder("request.json")));
    request["inputs"][0]["data"][0] = 1.0 / ++asked_;
    BOOST_TEST(client.post("/v2/models/digits/infer", request.dump()).status == 200);
    BOOST_TEST(client.post("/v2/models/digits/infer", request.dump()).status == 200);
    request["parameters"]["timeout"] = 1;
    request["inputs"][0]["data"][1] = 1.0 / asked_;
    client.post("/v2/models/digits/infer", request.dump());
  }

private:
  void begin_rollout(const fs::path& model) {
    auto file = folder_.path() / "rollout.toml";
    write_file(file,
               "strategy = \"canary\"\nfuse = 5\n[[canary.step]]\nweight = 5\nhold = \"1h\"\n[[check]]\nkind = \"error_rate\"\n");
    auto begun = node_.troupe({"deploy", "digits", model.string(), "--strategy", file.string(), "--detach"});
    BOOST_REQUIRE_MESSAGE(begun.code == 0, begun.err);
    BOOST_REQUIRE(eventually([this] { return contains(page(), "troupe_rollout_check_judgement"); }, std::chrono::seconds(30)));
  }

  temporary_folder folder_;
  running_node node_;
  int asked_ = 0;
};

/// The example's configuration for this node, in a hurry.
fs::path write_configuration(const fs::path& folder, const std::string& node) {
  auto config = text_of_file(monitoring_folder() + "/prometheus.yml");
  BOOST_REQUIRE(contains(config, "localhost:8000"));
  config = replaced(replaced(config, "localhost:8000", node), "15s", "300ms");
  write_file(folder / "prometheus.yml", config);
  fs::copy(monitoring_folder() + "/alerts.yml", folder / "alerts.yml");
  return folder / "prometheus.yml";
}

/// What the panels of the dashboard ask, of all deployments.
std::vector<std::string> panel_queries() {
  auto dashboard = nlohmann::json::parse(text_of_file(monitoring_folder() + "/dashboard.json"));
  std::vector<std::string> queries;
  for (const auto& panel : dashboard["panels"])
    for (const auto& target : panel["targets"])
      queries.push_back(replaced(replaced(target["expr"], "$deployment", ".*"), "$__rate_interval", "30s"));
  return queries;
}

/// Complaints about what is Triton's to name can't be heeded.
bool is_about_ours(const std::string& complaint) {
  return !complaint.empty() && complaint.rfind("nv_", 0) != 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(prometheus_reads_the_node_and_each_panel_of_the_dashboard_has_data) {
  busy_node node;
  temporary_folder folder;
  prometheus_process prometheus(write_configuration(folder.path(), node.http_address()), folder.path());
  auto has_data = [&](const std::string& query) {
    node.ask();
    return prometheus.number_of_results(query) > 0;
  };
  BOOST_TEST(eventually([&] { return has_data("count_over_time(up{job=\"troupe\"}[1m]) >= 2"); }, std::chrono::seconds(30)));
  auto queries = panel_queries();
  BOOST_TEST(queries.size() >= 21U);
  for (const auto& query : queries)
    BOOST_TEST(eventually([&] { return has_data(query); }, std::chrono::seconds(20)), query << prometheus.log());
}

BOOST_AUTO_TEST_CASE(prometheus_takes_the_alerts_and_can_work_them_out) {
  busy_node node;
  temporary_folder folder;
  auto configuration = write_configuration(folder.path(), node.http_address());
  auto checked = run_program({prometheus_tool("promtool"), "check", "config", configuration.string()});
  BOOST_TEST(checked.code == 0, checked.out + checked.err);
  prometheus_process prometheus(configuration, folder.path());
  auto rules = [&] { return nlohmann::json::parse(prometheus.get("/api/v1/rules"))["data"]["groups"][0]["rules"]; };
  BOOST_TEST(rules().size() >= 10U);
  for (std::size_t i = 0; i < rules().size(); ++i)
    BOOST_TEST(eventually([&] { return rules()[i]["health"] == "ok"; }, std::chrono::seconds(20)), rules()[i].dump());
}

BOOST_AUTO_TEST_CASE(promtool_finds_nothing_wrong_with_our_names) {
  busy_node node;
  node.ask();
  auto page = node.page();
  for (auto family : {"troupe_host_cpu_seconds_total{", "troupe_host_memory_bytes{", "nv_cache_num_hits_per_model{",
                      "troupe_split_weight{", "troupe_rollout_requests{", "troupe_rollouts_total{"})
    BOOST_TEST(contains(page, family), page);
  auto checked = run_program({prometheus_tool("promtool"), "check", "metrics"}, page);
  std::istringstream complaints(checked.out + checked.err);
  for (std::string line; std::getline(complaints, line);)
    BOOST_TEST(!is_about_ours(line), line);
}

#define BOOST_TEST_MODULE metrics_text
#include "runtime/gateway/metrics_text.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>

using namespace troupe;

namespace {

version_figures figures_of(std::string name, version_number number) {
  version_figures figures;
  figures.id = {std::move(name), number};
  return figures;
}

/// A page on which that is the only version.
std::string page_of(version_figures figures) {
  metrics_view view;
  view.versions.push_back(std::move(figures));
  return metrics_text(view);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A deployment with one version that serves and has one replica's host.
metrics_view view_of_a_host() {
  metrics_view view;
  auto& deployment = view.deployments.deployments.emplace_back();
  deployment.record.name = "echo";
  deployment.record.wanted_replicas = 2;
  auto& version = deployment.versions.emplace_back();
  version.record.id = {"echo", 3};
  version.serves = true;
  view.hosts.push_back({{"echo", 3}, 7, 5, std::chrono::milliseconds(1500), 4096});
  return view;
}

/// Version 4 of "echo" takes over from version 3: it is in the second of three stages, and this node has turned back by itself.
metrics_view view_of_a_rollout() {
  metrics_view view;
  view.splits.push_back({{"echo", 4}, {50, 7, 5}, true});
  auto& deployment = view.deployments.deployments.emplace_back();
  deployment.record.name = "echo";
  auto& version = deployment.versions.emplace_back();
  version.record.id = {"echo", 4};
  version.record.rollout_toml =
      "strategy = [\"blue_green\", \"canary\"]\n[[canary.step]]\nweight = 5\n[[canary.step]]\nweight = 50\n"
      "[[check]]\nkind = \"error_rate\"\n[[check]]\nkind = \"latency_p99\"\n"
      "[[check]]\nkind = \"output_drift\"\noutput = \"scores\"\nby = \"top_class\"\n";
  auto& rollout = deployment.rollout.emplace();
  rollout.candidate = 4;
  rollout.incumbent = 3;
  rollout.course.stage = 1;
  rollout.course.held = std::chrono::milliseconds(2500);
  rollout.course.asking = true;
  rollout.checks = {{check_judgement::worse, {}, 9}, {check_judgement::fine, {}, 9}, {check_judgement::undecided, {}, 9}};
  rollout.figures.candidate = {9, 2, std::chrono::microseconds(1500), std::chrono::milliseconds(2), 8, 0.75};
  rollout.figures.incumbent = {190, 0, std::chrono::microseconds(500), std::chrono::milliseconds(1)};
  rollout.figures.copies = 40;
  rollout.figures.shed = 4;
  view.ended_rollouts["echo"] = {2, 1};
  return view;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_family_is_named_once_and_samples_follow_theirs) {
  auto view = view_of_a_host();
  auto rollout = view_of_a_rollout();
  view.splits = rollout.splits;
  view.deployments.deployments.push_back(rollout.deployments.deployments.front());
  view.versions = {figures_of("a", 1), figures_of("b", 2)};
  view.node.loop_lags.resize(2);
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
  BOOST_TEST(types.size() > 25U);
  for (const auto& [name, count] : types)
    BOOST_TEST(count == 1, name);
}

BOOST_AUTO_TEST_CASE(a_name_is_no_way_out_of_its_label) {
  auto page = page_of(figures_of("a\"} 1\nb\\", 1));
  BOOST_TEST(contains(page, "nv_inference_count{model=\"a\\\"} 1\\nb\\\\\",version=\"1\"} 0\n"), page);
}

BOOST_AUTO_TEST_CASE(what_waits_is_told_in_requests_and_in_rows) {
  auto figures = figures_of("echo", 3);
  figures.counters.queued_requests = 2;
  figures.counters.queued_rows = 7;
  figures.queue_rows_max = 512;
  auto page = page_of(figures);
  BOOST_TEST(contains(page, "nv_inference_pending_request_count{model=\"echo\",version=\"3\"} 2\n"), page);
  BOOST_TEST(contains(page, "troupe_queue_rows{model=\"echo\",version=\"3\"} 7\n"));
  BOOST_TEST(contains(page, "troupe_queue_rows_max{model=\"echo\",version=\"3\"} 512\n"));
}

BOOST_AUTO_TEST_CASE(times_are_told_in_the_microseconds_of_the_requests_answered) {
  auto figures = figures_of("echo", 3);
  figures.statistics.success = {3, 9'000'000};
  figures.statistics.queue = {3, 2'000'999};
  figures.statistics.compute_infer = {3, 5'000'000};
  auto page = page_of(figures);
  BOOST_TEST(contains(page, "nv_inference_request_success{model=\"echo\",version=\"3\"} 3\n"), page);
  BOOST_TEST(contains(page, "nv_inference_request_duration_us{model=\"echo\",version=\"3\"} 9000\n"));
  BOOST_TEST(contains(page, "nv_inference_queue_duration_us{model=\"echo\",version=\"3\"} 2000\n"));
  BOOST_TEST(contains(page, "nv_inference_compute_infer_duration_us{model=\"echo\",version=\"3\"} 5000\n"));
  BOOST_TEST(contains(page, "nv_inference_compute_input_duration_us{model=\"echo\",version=\"3\"} 0\n"));
  BOOST_TEST(contains(page, "nv_inference_compute_output_duration_us{model=\"echo\",version=\"3\"} 0\n"));
}

BOOST_AUTO_TEST_CASE(a_failure_has_the_reason_that_triton_would_give_and_our_code) {
  const std::map<error_code, std::string> reasons = {
      {error_code::overloaded, "REJECTED"},   {error_code::deadline_exceeded, "REJECTED"}, {error_code::unavailable, "REJECTED"},
      {error_code::model_failed, "BACKEND"},  {error_code::poisoned, "BACKEND"},           {error_code::internal, "OTHER"},
      {error_code::invalid_argument, "OTHER"}};
  for (const auto& [code, reason] : reasons) {
    auto figures = figures_of("echo", 3);
    figures.statistics.failures[static_cast<std::size_t>(code)] = 4;
    auto page = page_of(figures);
    for (const std::string each : {"BACKEND", "CANCELED", "OTHER", "REJECTED"})
      BOOST_TEST(contains(page, "nv_inference_request_failure{model=\"echo\",version=\"3\",reason=\"" + each + "\"} "
                                    + (each == reason ? "4\n" : "0\n")),
                 page);
    BOOST_TEST(contains(page, "troupe_request_failures_total{model=\"echo\",version=\"3\",code=\"" + std::string(to_string(code))
                                  + "\"} 4\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_cache_is_told_of_where_there_is_one) {
  auto figures = figures_of("echo", 3);
  figures.statistics.cache_hit = {5, 7000};
  figures.statistics.cache_miss = {2, 3000};
  BOOST_TEST(!contains(page_of(figures), "nv_cache"));
  figures.caches = true;
  auto page = page_of(figures);
  BOOST_TEST(contains(page, "nv_cache_num_hits_per_model{model=\"echo\",version=\"3\"} 5\n"), page);
  BOOST_TEST(contains(page, "nv_cache_num_misses_per_model{model=\"echo\",version=\"3\"} 2\n"));
  BOOST_TEST(contains(page, "nv_cache_hit_duration_per_model{model=\"echo\",version=\"3\"} 7\n"));
  BOOST_TEST(contains(page, "nv_cache_miss_duration_per_model{model=\"echo\",version=\"3\"} 3\n"));
}

BOOST_AUTO_TEST_CASE(buckets_of_latencies_add_up_to_their_count) {
  auto figures = figures_of("echo", 3);
  figures.statistics.latency.buckets[0] = 1;
  figures.statistics.latency.buckets[1] = 2;
  figures.statistics.latency.buckets.back() = 4;
  figures.statistics.latency.sum_ns = 1'500'000'000;
  auto page = page_of(figures);
  const std::string name = "troupe_request_duration_seconds";
  const std::string labels = "{model=\"echo\",version=\"3\"";
  BOOST_TEST(contains(page, name + "_bucket" + labels + ",le=\"0.0001\"} 1\n"), page);
  BOOST_TEST(contains(page, name + "_bucket" + labels + ",le=\"0.00025\"} 3\n"));
  BOOST_TEST(contains(page, name + "_bucket" + labels + ",le=\"10\"} 3\n"));
  BOOST_TEST(contains(page, name + "_bucket" + labels + ",le=\"+Inf\"} 7\n"));
  BOOST_TEST(contains(page, name + "_count" + labels + "} 7\n"));
  BOOST_TEST(contains(page, name + "_sum" + labels + "} 1.5\n"));
}

BOOST_AUTO_TEST_CASE(batches_are_told_by_how_many_rows_they_had) {
  auto figures = figures_of("echo", 3);
  figures.statistics.batch_sizes = {{1, {}, {5, 0}, {}}, {3, {}, {2, 0}, {}}, {2000, {}, {1, 0}, {}}};
  figures.statistics.executions = 8;
  figures.statistics.inferences = 5 + 2 * 3 + 2000;
  auto page = page_of(figures);
  const std::string labels = "{model=\"echo\",version=\"3\"";
  BOOST_TEST(contains(page, "troupe_batch_rows_bucket" + labels + ",le=\"1\"} 5\n"), page);
  BOOST_TEST(contains(page, "troupe_batch_rows_bucket" + labels + ",le=\"2\"} 5\n"));
  BOOST_TEST(contains(page, "troupe_batch_rows_bucket" + labels + ",le=\"4\"} 7\n"));
  BOOST_TEST(contains(page, "troupe_batch_rows_bucket" + labels + ",le=\"1024\"} 7\n"));
  BOOST_TEST(contains(page, "troupe_batch_rows_bucket" + labels + ",le=\"+Inf\"} 8\n"));
  BOOST_TEST(contains(page, "troupe_batch_rows_sum" + labels + "} 2011\n"));
}

BOOST_AUTO_TEST_CASE(a_host_is_told_of_by_its_replica) {
  auto page = metrics_text(view_of_a_host());
  const std::string labels = "{model=\"echo\",version=\"3\",replica=\"7\"}";
  BOOST_TEST(contains(page, "troupe_host_restarts_total" + labels + " 5\n"), page);
  BOOST_TEST(contains(page, "troupe_host_cpu_seconds_total" + labels + " 1.5\n"));
  BOOST_TEST(contains(page, "troupe_host_memory_bytes" + labels + " 4096\n"));
  BOOST_TEST(contains(page, "troupe_replicas_wanted{model=\"echo\"} 2\n"));
  BOOST_TEST(contains(page, "troupe_version_ready{model=\"echo\",version=\"3\"} 1\n"));
}

BOOST_AUTO_TEST_CASE(a_host_that_cannot_be_looked_at_has_no_figures_but_its_restarts) {
  metrics_view view;
  view.hosts.push_back({{"echo", 3}, 7, 5, {}, {}});
  auto page = metrics_text(view);
  BOOST_TEST(contains(page, "troupe_host_restarts_total"), page);
  BOOST_TEST(!contains(page, "troupe_host_cpu_seconds_total"));
  BOOST_TEST(!contains(page, "troupe_host_memory_bytes"));
}

BOOST_AUTO_TEST_CASE(a_node_tells_how_it_divides_requests) {
  auto page = metrics_text(view_of_a_rollout());
  const std::string labels = "{model=\"echo\",version=\"4\"}";
  BOOST_TEST(contains(page, "troupe_split_weight" + labels + " 0.05\n"), page);
  BOOST_TEST(contains(page, "troupe_split_number" + labels + " 7\n"));
  BOOST_TEST(contains(page, "troupe_split_fuse_blown" + labels + " 1\n"));
}

BOOST_AUTO_TEST_CASE(a_split_without_a_fuse_tells_of_none) {
  auto view = view_of_a_rollout();
  view.splits[0] = {{"echo", 4}, {50, 7, 0}, false};
  BOOST_TEST(!contains(metrics_text(view), "troupe_split_fuse_blown"));
}

BOOST_AUTO_TEST_CASE(a_rollout_tells_where_it_is_and_what_it_is_judged_by) {
  auto page = metrics_text(view_of_a_rollout());
  const std::string id = "{model=\"echo\",version=\"4\"";
  for (const auto& line :
       {"stage" + id + "} 2\n", "stages" + id + "} 3\n", "held_seconds" + id + "} 2.5\n", "paused" + id + "} 0\n",
        "asking" + id + "} 1\n", "check_judgement" + id + ",check=\"error_rate\"} -1\n",
        "check_judgement" + id + ",check=\"latency_p99\"} 1\n",
        "check_judgement" + id + ",check=\"output_drift\",by=\"top_class\",output=\"scores\"} 0\n", "copies" + id + "} 40\n",
        "copies_shed" + id + "} 4\n"})
    BOOST_TEST(contains(page, "troupe_rollout_" + line), line << page);
}

BOOST_AUTO_TEST_CASE(a_rollout_tells_what_both_versions_did) {
  auto page = metrics_text(view_of_a_rollout());
  const std::string candidate = "{model=\"echo\",version=\"4\",side=\"candidate\"}";
  const std::string incumbent = "{model=\"echo\",version=\"3\",side=\"incumbent\"}";
  for (const auto& line :
       {"requests" + candidate + " 9\n", "requests" + incumbent + " 190\n", "failures" + candidate + " 2\n",
        "failures" + incumbent + " 0\n", "latency_p50_seconds" + candidate + " 0.0015\n",
        "latency_p99_seconds" + incumbent + " 0.001\n", "rewards" + candidate + " 8\n", "reward_mean" + candidate + " 0.75\n"})
    BOOST_TEST(contains(page, "troupe_rollout_" + line), line << page);
  BOOST_TEST(!contains(page, "troupe_rollout_rewards" + incumbent), page);
}

BOOST_AUTO_TEST_CASE(a_version_without_requests_has_no_latency) {
  auto view = view_of_a_rollout();
  view.deployments.deployments.front().rollout->figures.candidate = {};
  auto page = metrics_text(view);
  BOOST_TEST(contains(page, "troupe_rollout_requests{model=\"echo\",version=\"4\",side=\"candidate\"} 0\n"), page);
  BOOST_TEST(!contains(page, "troupe_rollout_latency_p50_seconds{model=\"echo\",version=\"4\""));
}

BOOST_AUTO_TEST_CASE(what_the_leader_told_of_a_rollout_some_time_ago_is_left_out_and_what_this_node_does_is_not) {
  auto view = view_of_a_rollout();
  view.deployments.age = std::chrono::seconds(1);
  auto page = metrics_text(view);
  BOOST_TEST(!contains(page, "troupe_rollout_"), page);
  BOOST_TEST(contains(page, "troupe_split_weight"));
}

BOOST_AUTO_TEST_CASE(rollouts_that_ended_are_counted_from_zero) {
  auto view = view_of_a_rollout();
  auto page = metrics_text(view);
  BOOST_TEST(contains(page, "troupe_rollouts_total{model=\"echo\",outcome=\"promoted\"} 2\n"), page);
  BOOST_TEST(contains(page, "troupe_rollouts_total{model=\"echo\",outcome=\"rolled_back\"} 1\n"));
  view.ended_rollouts.clear();
  BOOST_TEST(contains(metrics_text(view), "troupe_rollouts_total{model=\"echo\",outcome=\"rolled_back\"} 0\n"));
}

BOOST_AUTO_TEST_CASE(the_tally_counts_ends_of_rollouts_and_forgets_what_was_removed) {
  rollout_tally tally;
  auto note = [&tally](std::string name, std::string outcome) {
    tally.note({{}, severity::info, std::move(name), {{"deployment", "echo"}, {"outcome", std::move(outcome)}}});
  };
  note("rollout_ended", "promoted");
  note("rollout_ended", "rolled_back");
  note("rollout_ended", "rolled_back");
  note("rollout_moved", "promoted");
  BOOST_TEST(tally.read().at("echo").promoted == 1U);
  BOOST_TEST(tally.read().at("echo").rolled_back == 2U);
  note("deployment_removed", "");
  BOOST_TEST(tally.read().empty());
}

BOOST_AUTO_TEST_CASE(a_node_of_a_cluster_tells_of_it_as_it_sees_it) {
  metrics_view view;
  BOOST_TEST(!contains(metrics_text(view), "troupe_cluster_"));
  node_info leader, self, lost;
  leader.state = "alive";
  leader.leads = true;
  self.state = "draining";
  self.is_self = true;
  lost.state = "dead";
  view.cluster = node_list{{leader, self, lost}, {7, "n1", {}}, true, {}, false, "stop one of them"};
  auto page = metrics_text(view);
  for (auto line :
       {"troupe_cluster_nodes{state=\"alive\"} 1\n", "troupe_cluster_nodes{state=\"dead\"} 1\n",
        "troupe_cluster_nodes{state=\"draining\"} 1\n", "troupe_cluster_nodes{state=\"left\"} 0\n", "troupe_cluster_epoch 7\n",
        "troupe_cluster_leader 0\n", "troupe_cluster_leader_away 1\n", "troupe_cluster_trouble 1\n"})
    BOOST_TEST(contains(page, line), line << page);
}

BOOST_AUTO_TEST_CASE(the_node_tells_of_itself_and_its_machine) {
  metrics_view view;
  auto& node = view.node;
  node.software_version = "0.1.0";
  node.name = "host-1";
  node.draining = true;
  node.uptime = std::chrono::milliseconds(2500);
  node.http_clients = 3;
  node.rpc_clients = 1;
  node.cpu = std::chrono::milliseconds(250);
  node.resident_bytes = 77;
  node.loop_lags.resize(1);
  node.loop_lags[0].buckets[2] = 6;
  node.machine_cpu_share = 0.25;
  node.memory = {16'502'972'416, 4096};
  auto page = metrics_text(view);
  for (auto line : {"troupe_build_info{version=\"0.1.0\",node=\"host-1\"} 1\n", "troupe_node_ready 0\n",
                    "troupe_node_draining 1\n", "troupe_node_uptime_seconds 2.5\n", "troupe_connections{door=\"http\"} 3\n",
                    "troupe_connections{door=\"rpc\"} 1\n", "troupe_node_cpu_seconds_total 0.25\n",
                    "troupe_node_resident_bytes 77\n", "troupe_loop_lag_seconds_bucket{loop=\"0\",le=\"0.0005\"} 6\n",
                    "nv_cpu_utilization 0.25\n", "nv_cpu_memory_total_bytes 16502972416\n", "nv_cpu_memory_used_bytes 4096\n"})
    BOOST_TEST(contains(page, line), line << page);
}

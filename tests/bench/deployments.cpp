#include "tests/bench/load_process.hpp"
#include "tests/bench/measures.hpp"
#include "tests/bench/node_server.hpp"

#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/prepared_request.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace troupe::bench {

namespace {

using bench_clock = std::chrono::steady_clock;

double milliseconds_since(bench_clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(bench_clock::now() - begun).count();
}

prepared_request image_for(const std::string& deployment) {
  auto image = one_row({64});
  image.name = "image";
  return prepared_request(deployment, {image});
}

/// The version that answers; 0: it was an error.
std::uint32_t answering(client& node, const prepared_request& request) {
  auto inference = node.inference();
  auto answer = node.wait(request.call(inference).send());
  auto response = answer.getResponse();
  return response.getError().getCode() == schema::Code::OK ? response.getVersion() : 0;
}

/// From the start of `troupe deploy` to the first answer.
double deploy_ms(node_server& node, const std::string& name) {
  auto begun = bench_clock::now();
  node.deploy_folder(name, std::string(TROUPE_DIGITS) + "/cnn");
  client asker(node.address());
  if (answering(asker, image_for(name)) == 0)
    throw std::runtime_error("a version that is live does not answer");
  return milliseconds_since(begun);
}

/// From the call to the first answer of the other version.
double rollback_ms(client& node, const prepared_request& request, std::uint32_t to) {
  auto begun = bench_clock::now();
  auto call = node.control().rollbackRequest();
  call.setName("switched");
  call.setTo(to);
  require_ok(node.wait(call.send()).getError());
  await("version " + std::to_string(to) + " answers", [&] { return answering(node, request) == to; });
  return milliseconds_since(begun);
}

std::string in_ms(double value) {
  return number(value) + " ms";
}

/// Deploys the model under a name of its own, with other bytes than all before: a comment at the end of the archive. Gives its size.
std::uint64_t deploy_unlike(lab& room, node_server& node, const std::string& model, unsigned number) {
  namespace fs = std::filesystem;
  fs::path folder = room.new_path(model);
  fs::copy(room.model_folder(model), folder);
  auto comment = std::to_string(1'000'000 + number);
  auto file = folder / "model.pt";
  auto size = fs::file_size(file);
  std::fstream archive(file, std::ios::in | std::ios::out | std::ios::binary);
  archive.seekp(static_cast<std::streamoff>(size) - 2); // the size of the comment is the last field of a zip archive
  archive.put(static_cast<char>(comment.size())).put(0) << comment;
  archive.close();
  node.deploy_folder("ballast" + std::to_string(number), folder);
  fs::remove_all(folder);
  return size;
}

/// What the load reaches while one backup follows the other.
load_figures load_beside_backups(lab& room, node_server& node, const load_plan& plan, std::vector<double>& backup_ms) {
  auto load = start_load(plan);
  auto until = bench_clock::now() + plan.span;
  do {
    auto begun = bench_clock::now();
    auto folder = room.new_path("backup");
    program({room.binary("troupe"), "--node", node.address(), "backup", folder}, room.new_path("backup.log")).finish();
    backup_ms.push_back(milliseconds_since(begun));
    std::filesystem::remove_all(folder);
  } while (bench_clock::now() < until);
  return load.get();
}

} // namespace

findings measure_deploy(lab& room) {
  constexpr double deploy_goal_ms = 1000;
  constexpr double rollback_goal_ms = 50;
  constexpr int rollbacks = 50;
  std::vector<double> cold;
  for (int i = 0; i < room.rounds(); ++i) {
    node_server fresh(room);
    cold.push_back(deploy_ms(fresh, "digits"));
  }
  node_server node(room);
  std::vector<double> warm;
  for (int i = 0; i < room.rounds() + 1; ++i)
    warm.push_back(deploy_ms(node, "digits" + std::to_string(i)));
  warm.erase(warm.begin()); // the first one waited for the node's template
  node.deploy_folder("switched", std::string(TROUPE_DIGITS) + "/linear");
  node.deploy_folder("switched", std::string(TROUPE_DIGITS) + "/cnn");
  std::vector<double> back;
  client asker(node.address());
  auto request = image_for("switched");
  for (std::uint32_t i = 0; i < rollbacks; ++i)
    back.push_back(rollback_ms(asker, request, 1 + i % 2));
  std::sort(back.begin(), back.end());
  auto slowest = back.back();
  return {{"deploy of digits to a node just started: command to first answer", "< " + in_ms(deploy_goal_ms), in_ms(median(cold)),
           "", "", median(cold) < deploy_goal_ms},
          {"deploy of digits to a warm node: command to first answer", "< " + in_ms(deploy_goal_ms), in_ms(median(warm)), "", "",
           median(warm) < deploy_goal_ms},
          {"rollback to a resident version (slowest of 50: " + in_ms(slowest) + ")", "< " + in_ms(rollback_goal_ms),
           in_ms(median(back)), "", "", slowest < rollback_goal_ms}};
}

findings measure_backup(lab& room) {
  constexpr double goal_percent = 5;
  constexpr std::uint64_t artifact_bytes = 1'000'000'000;
  const std::uint64_t wanted = room.quick() ? artifact_bytes / 10 : artifact_bytes;
  node_server node(room);
  std::uint64_t bytes = 0;
  for (unsigned i = 0; bytes < wanted; ++i)
    bytes += deploy_unlike(room, node, "resnet18", i);
  node.deploy("mlp", "mlp", 2);
  load_plan load{node.address(), "mlp", one_row({784}), 64, room.span(std::chrono::seconds(4)), node.pid(), 0};
  std::vector<double> lost_percent;
  std::vector<double> backup_ms;
  std::uint64_t failed = 0;
  for (int i = 0; i < room.rounds(); ++i) {
    auto calm = measure_load(load);
    auto busy = load_beside_backups(room, node, load, backup_ms);
    lost_percent.push_back(100 * (1 - busy.requests_per_second / calm.requests_per_second));
    failed += calm.failed + busy.failed;
  }
  auto lost = median(lost_percent);
  return {{"backup after backup of " + human_size(bytes) + " of models (" + in_ms(median(backup_ms))
               + " each): requests/s lost, MLP, 64 in flight; " + std::to_string(failed) + " failed",
           "< " + number(goal_percent) + " %", number(lost) + " %", "", "", lost < goal_percent && failed == 0}};
}

findings measure_restart(lab& room) {
  constexpr double goal_ms = 5000;
  const unsigned count = room.quick() ? 20 : 100;
  node_server node(room);
  for (unsigned i = 0; i < count; ++i)
    node.deploy("tiny" + std::to_string(i), "tiny");
  std::vector<double> all;
  for (int i = 0; i < room.rounds(); ++i) {
    auto begun = bench_clock::now();
    node.kill_and_restart();
    node.await_replicas("", count);
    all.push_back(milliseconds_since(begun));
  }
  return {{"node with " + std::to_string(count) + " deployments: kill -9 and start until all serve", "≤ " + in_ms(goal_ms),
           in_ms(median(all)), "", "", median(all) <= goal_ms}};
}

} // namespace troupe::bench

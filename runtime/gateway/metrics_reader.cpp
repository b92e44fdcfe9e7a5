#include "runtime/gateway/metrics_reader.hpp"

#include "runtime/gateway/metrics_text.hpp"
#include "runtime/gateway/status_writer.hpp"

#include <map>
#include <memory>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// Each costs a wake-up of each loop.
constexpr auto lag_interval = 500 * kj::MILLISECONDS;

} // namespace

metrics_reader::metrics_reader(metrics_sources from) : from_(std::move(from)), worker_("metrics", [](const std::string&) {}) {
  for (auto loop : from_.loops)
    lags_.emplace_back(*loop, from_.node.time);
  worker_.post([this] { watch_loops(); });
}

kj::Promise<std::string> metrics_reader::page(deployment_list deployments, std::optional<node_list> cluster) {
  struct question {
    kj::Own<kj::CrossThreadPromiseFulfiller<std::string>> asker;
    deployment_list deployments;
    std::optional<node_list> cluster;
  };
  auto pair = kj::newPromiseAndCrossThreadFulfiller<std::string>();
  // std::function wants a copyable target.
  auto asked = std::make_shared<question>(question{kj::mv(pair.fulfiller), std::move(deployments), std::move(cluster)});
  worker_.post([this, asked] {
    if (asked->asker->isWaiting())
      asked->asker->fulfill(write(std::move(asked->deployments), std::move(asked->cluster)));
  });
  return kj::mv(pair.promise);
}

void metrics_reader::watch_loops() {
  for (auto& lag : lags_)
    lag.ask();
  worker_.keep(worker_.io().provider->getTimer().afterDelay(lag_interval).then([this] { watch_loops(); }));
}

std::string metrics_reader::write(deployment_list deployments, std::optional<node_list> cluster) {
  metrics_view view;
  view.versions = read_versions();
  view.hosts = read_hosts(deployments);
  view.deployments = std::move(deployments);
  view.cluster = std::move(cluster);
  view.splits = read_splits();
  view.ended_rollouts = from_.rollouts.read();
  view.node = read_node();
  return metrics_text(view);
}

/// One for each version, though a pool that ends and the one in its place may both live.
std::vector<version_figures> metrics_reader::read_versions() const {
  std::map<std::pair<std::string, version_number>, version_figures> by_id;
  for (const auto& target : from_.routes.pools())
    by_id[{target->id().deployment, target->id().number}] = {target->id(), target->count(), target->statistics(),
                                                             target->spec().queue_rows_max, target->spec().cache_bytes > 0};
  std::vector<version_figures> all;
  for (auto& [id, figures] : by_id)
    all.push_back(std::move(figures));
  return all;
}

std::vector<split_figures> metrics_reader::read_splits() const {
  auto table = from_.routes.read();
  std::vector<split_figures> splits;
  for (const auto& [name, where] : *table)
    if (where.candidate && where.candidate->split != nullptr) {
      const auto& split = *where.candidate->split;
      auto& figures = splits.emplace_back(split_figures{where.candidate->version, split.rule(), split.blown().has_value(), {}});
      for (const auto& other : where.candidate->others)
        figures.others.push_back(other.version);
    }
  return splits;
}

std::vector<host_figures> metrics_reader::read_hosts(const deployment_list& deployments) {
  auto now = from_.node.time.now();
  std::vector<host_figures> hosts;
  for (const auto& deployment : deployments.deployments)
    for (const auto& version : deployment.versions)
      for (const auto& replica : version.pool.replicas) {
        host_figures host{version.record.id, replica.number, replica.restarts, {}, {}};
        if (replica.pid > 0) {
          host.cpu = cpu_time_of(replica.pid);
          host.memory_bytes = memory_.read(replica.pid, now);
        }
        hosts.push_back(std::move(host));
      }
  memory_.forget_old(now);
  return hosts;
}

node_figures metrics_reader::read_node() {
  const auto& node = from_.node;
  auto now = node.time.now();
  node_figures figures;
  figures.software_version = node.software_version;
  figures.name = node.node_name;
  figures.draining = node.drain.closed();
  figures.uptime = now - node.started;
  figures.rpc_clients = from_.clients.open(door_kind::rpc);
  figures.http_clients = from_.clients.open(door_kind::http);
  figures.cpu = cpu_time_of(::getpid());
  figures.resident_bytes = resident_bytes();
  for (const auto& lag : lags_)
    figures.loop_lags.push_back(lag.read());
  figures.machine_cpu_share = processors_.read(now);
  figures.memory = memory_of_machine();
  return figures;
}

} // namespace troupe

#include "tests/bench/node_server.hpp"

#include "runtime/cli/client.hpp"
#include "runtime/cli/http_client.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

namespace troupe::bench {

namespace {

std::string address_of(unsigned port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// Returns once `connect` doesn't fail any more.
template <class Connect>
void await_service(const std::string& address, Connect connect) {
  auto serves = [&] {
    try {
      connect();
      return true;
    } catch (const command_failure&) {
      return false;
    }
  };
  await(address + " serves", serves, std::chrono::seconds(10));
}

/// Returns once a client can open a session.
void await_rpc(const std::string& address) {
  await_service(address, [&] { client probe(address); });
}

void await_http(const std::string& address) {
  await_service(address, [&] {
    client_loop loop;
    http_client probe(loop, address, 1);
  });
}

} // namespace

std::vector<replica_view> replicas(client& node, const std::string& name) {
  auto call = node.control().statusRequest();
  call.setName(name);
  auto status = node.wait(call.send());
  if (status.getError().getCode() == schema::Code::UNAVAILABLE) // it is still starting
    return {};
  require_ok(status.getError());
  std::vector<replica_view> found;
  for (auto deployment : status.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        found.push_back({static_cast<pid_t>(replica.getPid()), replica.getState() == "ready", replica.getSinceUnixNs()});
  return found;
}

node_server::node_server(lab& room, unsigned gateway_loops, std::vector<std::string> flags)
  : lab_(room), address_(address_of(free_port())), http_address_(address_of(free_port())), data_(room.new_path("data")),
    config_(room.new_path("node.toml")), flags_(std::move(flags)) {
  std::ofstream(config_) << "gateway_loops = " << gateway_loops << "\n";
  start();
}

void node_server::start() {
  auto begun = std::chrono::steady_clock::now();
  std::vector<std::string> command{lab_.binary("troupe"), "node",     "--data", data_, "--listen", address_, "--http",
                                   http_address_,         "--config", config_};
  command.insert(command.end(), flags_.begin(), flags_.end());
  node_.emplace(command, lab_.new_path("node.log"));
  await_rpc(address_);
  started_in_ = std::chrono::steady_clock::now() - begun;
}

void node_server::kill_and_restart() {
  node_.reset();
  start();
}

void node_server::deploy(const std::string& name, const std::string& model, unsigned replicas) {
  deploy_folder(name, lab_.model_folder(model), replicas);
}

void node_server::deploy_folder(const std::string& name, const std::string& folder, unsigned replicas,
                                const std::vector<std::string>& flags) {
  std::vector<std::string> command{"deploy", name, folder, "--replicas", std::to_string(replicas)};
  command.insert(command.end(), flags.begin(), flags.end());
  tell(std::move(command));
}

std::string node_server::tell(std::vector<std::string> command) const {
  command.insert(command.begin(), {lab_.binary("troupe"), "--node", address_});
  auto output = lab_.new_path("told.log");
  program(command, output).finish();
  return text_of_file(output);
}

void node_server::scale(const std::string& name, unsigned replicas) {
  tell({"scale", name, std::to_string(replicas)});
  await_replicas(name, replicas);
}

std::vector<replica_view> node_server::replicas(const std::string& name) const {
  client node(address_);
  return bench::replicas(node, name);
}

void node_server::await_replicas(const std::string& name, unsigned count) const {
  client node(address_);
  auto complete = [&] {
    auto all = bench::replicas(node, name);
    return all.size() == count && std::all_of(all.begin(), all.end(), [](const replica_view& replica) { return replica.ready; });
  };
  await(std::to_string(count) + " replicas of " + name + " are ready", complete);
}

floor_server::floor_server(lab& room, std::uint64_t output_bytes) {
  auto port = free_port();
  address_ = address_of(port);
  server_.emplace(std::vector<std::string>{room.binary("troupe-floor"), std::to_string(port), std::to_string(output_bytes)},
                  room.new_path("floor.log"));
  await_rpc(address_);
}

http_floor_server::http_floor_server(lab& room, const answer_size& answer) {
  auto port = free_port();
  address_ = address_of(port);
  server_.emplace(std::vector<std::string>{room.binary("troupe-http-floor"), std::to_string(port), std::to_string(answer.bytes),
                                           std::to_string(answer.json_bytes)},
                  room.new_path("http-floor.log"));
  await_http(address_);
}

} // namespace troupe::bench

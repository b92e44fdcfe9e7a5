#pragma once

#include "tests/bench/lab.hpp"
#include "tests/bench/load_process.hpp"
#include "tests/bench/program.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {
class client;
}

namespace troupe::bench {

struct replica_view {
  pid_t pid = 0;
  bool ready = false;
  std::int64_t since_unix_ns = 0; ///< when it came into this state, by the node's word
};

/// A `troupe node` of our own with an empty data folder. Its functions throw where the node refuses or dies. No client of this
/// thread outlives a call, so that the thread may fork.
class node_server {
public:
  /// Waits until it serves. 0 loops: as many as the node chooses. `flags`: more of `troupe node`'s.
  explicit node_server(lab& room, unsigned gateway_loops = 0, std::vector<std::string> flags = {});

  /// Kills it with -9 and starts it again on the same data; waits until it serves.
  void kill_and_restart();

  const std::string& address() const { return address_; }
  const std::string& http_address() const { return http_address_; }
  pid_t pid() const { return node_->pid(); }
  /// From its last start until it answered the first Login.
  std::chrono::nanoseconds started_in() const { return started_in_; }

  /// Waits until all replicas are ready.
  void deploy(const std::string& name, const std::string& model, unsigned replicas = 1);
  /// The same for a model folder anywhere, with more flags of `troupe deploy`.
  void deploy_folder(const std::string& name, const std::string& folder, unsigned replicas = 1,
                     const std::vector<std::string>& flags = {});
  /// What `troupe` prints on this node. Throws if it fails.
  std::string tell(std::vector<std::string> command) const;
  void scale(const std::string& name, unsigned replicas);
  std::vector<replica_view> replicas(const std::string& name) const;
  void await_replicas(const std::string& name, unsigned count) const;

private:
  void start();

  lab& lab_;
  std::string address_;
  std::string http_address_;
  std::string data_;
  std::string config_;
  std::vector<std::string> flags_;
  std::optional<program> node_;
  std::chrono::nanoseconds started_in_{0};
};

/// The same, asked through a client that is open already.
std::vector<replica_view> replicas(client& node, const std::string& name);

/// A server of the same schema with nothing behind it, which answers with so many bytes.
class floor_server {
public:
  floor_server(lab& room, std::uint64_t output_bytes);
  const std::string& address() const { return address_; }
  pid_t pid() const { return server_->pid(); }

private:
  std::string address_;
  std::optional<program> server_;
};

/// kj-http with nothing behind it, which answers with the headers and the body size of such an answer.
class http_floor_server {
public:
  http_floor_server(lab& room, const answer_size& answer);
  const std::string& address() const { return address_; }
  pid_t pid() const { return server_->pid(); }

private:
  std::string address_;
  std::optional<program> server_;
};

} // namespace troupe::bench

#pragma once

#include "cluster/suspicion.hpp"
#include "tests/support/sim_time.hpp"

#include <functional>
#include <memory>
#include <unordered_map>

namespace troupe {

struct sim_cluster_options {
  std::size_t nodes = 3;
  std::uint64_t seed = 1;
  double loss = 0; ///< of each message, probability
  std::chrono::nanoseconds delay_min = std::chrono::microseconds(200);
  std::chrono::nanoseconds delay_max = std::chrono::milliseconds(2);
  suspicion_options suspicion;
};

/// What one node has sent so far.
struct sim_traffic {
  std::uint64_t probes = 0;
  std::uint64_t messages = 0; ///< probes, answers, questions to helpers and their replies, exchanges
  std::uint64_t bytes = 0;    ///< of these, without compression or any framing
};

/// Nodes that watch each other over a network that delays, loses and cuts, in one thread under one seed. All know each other when it begins.
/// Nodes go by number, 0 first.
class sim_cluster {
public:
  explicit sim_cluster(const sim_cluster_options& options);

  void run_for(std::chrono::nanoseconds duration);
  /// Until it holds, looked at every 10 ms; how long that took, or nothing if it doesn't within `patience`.
  std::optional<std::chrono::nanoseconds> run_until(const std::function<bool()>& condition, std::chrono::nanoseconds patience);
  steady_time now() const { return time_.now(); }

  std::size_t size() const { return nodes_.size(); }
  suspicion& operator[](std::size_t node) { return *nodes_[node].machine; }
  const node_id& id(std::size_t node) const { return nodes_[node].id; }
  member_state state(std::size_t observer, std::size_t of) const;
  /// Whether all of `observers` have `of` in this state.
  bool all_see(const std::vector<std::size_t>& observers, std::size_t of, member_state state) const;
  /// Whether all that run know the same of everybody.
  bool agree() const;
  const sim_traffic& traffic(std::size_t node) const { return nodes_[node].traffic; }

  /// Stops without a word, as by SIGSTOP: its messages wait.
  void freeze(std::size_t node);
  void thaw(std::size_t node);
  /// The process is gone: connections to it are refused.
  void crash(std::size_t node);
  /// A crashed one starts again, and is told everything by `by`.
  void restart(std::size_t node, std::size_t by);
  /// All that it sends and gets takes so much longer.
  void slow_down(std::size_t node, std::chrono::nanoseconds by) { nodes_[node].slowness = by; }
  /// Messages pass only where this holds.
  void connect(std::function<bool(std::size_t from, std::size_t to)> passes) { passes_ = std::move(passes); }
  /// Carries out what a node wants, after a call on it from outside.
  void carry_out(std::size_t node);

  /// Called at each change in a node's eyes.
  std::function<void(std::size_t observer, const member_change&)> on_change = [](std::size_t, const member_change&) {};

private:
  using deed = std::function<void(suspicion&, steady_time)>;

  struct sim_node {
    node_id id;
    std::unique_ptr<suspicion> machine; ///< null: crashed
    bool frozen = false;
    std::uint64_t life = 1;
    std::chrono::nanoseconds slowness{};
    steady_time wakes_at = steady_time::max();
    std::vector<deed> mail; ///< came while it was frozen
    sim_traffic traffic;
  };

  member_news first_news(std::size_t node) const;
  void start(std::size_t node);
  void arm(std::size_t node);
  void deliver(std::size_t to, const deed& what);
  void send(std::size_t from, std::size_t to, std::size_t bytes, deed what, deed refused);
  void send_probe(std::size_t from, const probe_order& order);
  void send_ask(std::size_t from, const help_order& order);
  void send_everything(std::size_t from, std::size_t to, bool wants_answer);
  std::size_t number(const node_id& id) const { return numbers_.at(id); }

  sim_cluster_options options_;
  rng random_;
  sim_time time_;
  std::vector<sim_node> nodes_;
  std::unordered_map<node_id, std::size_t> numbers_;
  std::function<bool(std::size_t, std::size_t)> passes_ = [](std::size_t, std::size_t) { return true; };
};

} // namespace troupe

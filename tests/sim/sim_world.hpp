#pragma once

#include "tests/sim/expected_state.hpp"
#include "tests/sim/sim_artifacts.hpp"
#include "tests/sim/sim_client.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/support/fake_hosts.hpp"
#include "tests/support/faulty_store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A machine with one node, its model processes, its disk and its clients, in one thread, under one seed. Time stands still unless `run`
/// moves it. Promises are checked all the time; what was broken is in `complaints`.
class sim_world {
public:
  sim_world(sim_artifacts& artifacts, std::uint64_t seed);
  ~sim_world();

  /// Lets that much time pass.
  void run(std::chrono::nanoseconds span);
  /// Lets time pass until the condition holds; complains if that takes longer than `limit`.
  template <class Condition>
  void run_until(const char* what, std::chrono::nanoseconds limit, Condition holds);

  // -- what people do
  void deploy(const std::string& name, sim_model model, std::uint32_t replicas);
  void rollback(const std::string& name, version_number to = 0);
  void scale(const std::string& name, std::uint32_t replicas);
  void undeploy(const std::string& name);
  void request(const std::string& name, float value = 1, std::chrono::milliseconds patience = std::chrono::seconds(1));
  /// Some of the clients go without waiting for their answers, each with that chance.
  void lose_patience(double share) { client_.lose_patience(random_, share); }
  /// Whether every command has its answer.
  bool answered_all() const { return commands_.empty(); }
  bool command_under_way(const std::string& name) const { return commands_.count(name) != 0; }
  /// The last command's answer; "done" or the error.
  const std::string& last_answer() const { return last_answer_; }

  // -- what goes wrong
  /// The machine loses its power and comes back.
  void crash_and_restart();
  /// The next of the tree's actors that has work dies of a fault of its own.
  void fail_actor();
  fake_hosts& hosts() { return hosts_; }
  faulty_store& disk() { return disk_; }
  sim_client& client() { return client_; }

  /// Ends all faults; then everything must be as it was wanted, and requests must be answered.
  void heal_and_check();
  /// What the node says of its deployments, compared with what it acknowledged.
  std::vector<deployment_view> look();
  /// Replicas that serve, of all versions.
  std::size_t serving(const std::string& name);

  const std::vector<std::string>& complaints() const { return complaints_; }
  /// Of everything that was seen, in order. The same seed gives the same number.
  std::uint64_t trace() const { return trace_; }
  std::size_t events(const std::string& name) const { return events_.count(name); }
  sim_time& time() { return time_; }
  rng& chance() { return random_; }
  /// How often actors leave messages for the next moment.
  double laziness = 0;

private:
  /// Keeps, counts and traces events, and passes them to the journal as a node does.
  class world_events final : public event_sink {
  public:
    explicit world_events(sim_world& world) : world_(world) {}
    void emit(event e) override;
    std::size_t count(const std::string& name) const;

  private:
    sim_world& world_;
    std::map<std::string, std::size_t> counts_;
  };

  template <class Answer, class Question>
  void command(sim_command what, Question question);
  void on_answer(const sim_command& what, const error* failure, std::uint32_t version);
  void start_node();
  void stop_node();
  void step(steady_time until);
  void tick();
  void check_settled(const deployment_view& view);
  void check_processes(const std::vector<deployment_view>& all);
  void check_requests(const std::vector<deployment_view>& all);
  void complain(const std::string& what);
  void note(const std::string& what);

  sim_artifacts& artifacts_;
  rng random_;
  sim_time time_;
  sim_loop loop_;
  faulty_store disk_;
  fake_hosts hosts_;
  world_events events_;
  sim_client client_;
  expected_state expected_;
  std::unique_ptr<sim_node> node_;
  std::map<std::string, std::pair<sim_command, steady_time>> commands_; ///< without an answer yet, by deployment
  std::string last_answer_;
  steady_time next_tick_{};
  std::vector<std::string> complaints_;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
  std::uint64_t life_ = 0;
};

template <class Condition>
void sim_world::run_until(const char* what, std::chrono::nanoseconds limit, Condition holds) {
  auto until = time_.now() + limit;
  while (!holds()) {
    if (time_.now() >= until) {
      complain(std::string("did not come: ") + what);
      return;
    }
    run(std::chrono::milliseconds(10));
  }
}

} // namespace troupe

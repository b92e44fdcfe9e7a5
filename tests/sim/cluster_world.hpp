#pragma once

#include "tests/sim/cluster_promises.hpp"
#include "tests/sim/rollout_promises.hpp"
#include "tests/sim/sim_joiner.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Several machines with a node each, the network between them, and their clients, in one thread, under one seed. Time stands still unless `run` moves it.
/// Promises are checked all the time; what was broken is in `complaints`.
class cluster_world final : public member_listener {
public:
  using machine_number = std::size_t;

  /// A cluster of one node, which leads it.
  cluster_world(sim_artifacts& artifacts, std::uint64_t seed);
  ~cluster_world() override;

  /// Lets that much time pass.
  void run(std::chrono::nanoseconds span);
  /// Lets time pass until the condition holds; complains if that takes longer than `limit`.
  template <class Condition>
  void run_until(const char* what, std::chrono::nanoseconds limit, Condition holds);

  // -- what people do
  /// A new machine asks to be let in.
  machine_number join();
  /// `rollout`: a rollout.toml; "": at once.
  void deploy(const std::string& name, sim_model model, std::uint32_t replicas, const std::string& rollout = {});
  void rollback(const std::string& name, version_number to = 0);
  /// Promotes, aborts…
  void steer(const std::string& name, rollout_command what);
  void scale(const std::string& name, std::uint32_t replicas);
  void undeploy(const std::string& name);
  void drain(machine_number which, bool draining = true);
  /// Out of the cluster; its node is stopped for ever soon after that is answered.
  void remove(machine_number which);
  /// At a node that is awake.
  void request(const std::string& name, float value = 1, std::chrono::milliseconds patience = std::chrono::seconds(5));
  /// Some of the clients of a node that is awake go without waiting for their answers, each with that chance.
  void lose_patience(double share);
  /// Whether nobody may do something to the deployment just now: it isn't known whether the last command may still come.
  bool command_under_way(const std::string& name) const { return commands_.count(name) != 0 || murky_.count(name) != 0; }
  bool answered_all() const { return commands_.empty(); }
  /// The last command's answer; "done" or the error.
  const std::string& last_answer() const { return last_answer_; }

  /// The leader's machine, which must be off, is taken for lost: another one's node is made the leader, by what was on the leader's disk.
  void replace_leader(machine_number by);
  /// The machine whose node leads in the newest epoch, whether it works or not.
  machine_number leader_number() const { return leader_number_; }

  // -- what goes wrong
  /// It loses its power.
  void kill(machine_number which);
  void start(machine_number which);
  void freeze(machine_number which);
  void thaw(machine_number which);
  /// What these machines send doesn't reach others any more; and what others send doesn't reach them, unless `one_way`.
  void split(const std::vector<machine_number>& side, bool one_way = false);
  void disturb_wire(const wire_faults& faults);
  /// The network is whole again.
  void mend();

  /// Ends all faults; then everything must become as it was wanted.
  void heal_and_settle();
  /// Everything must become as it is wanted, though some machines may be gone.
  void settle();

  // -- what is seen
  std::size_t size() const { return members_.all.size(); }
  sim_member& member(machine_number which) { return *members_.all[which]; }
  sim_members& members() { return members_; }
  /// Whose node works; at least one.
  std::vector<machine_number> awake() const;
  /// Those of them that know who leads.
  std::vector<machine_number> up_to_date() const;
  /// In the newest epoch; null: it isn't awake.
  sim_member* leader() const;
  /// Whether each machine that asked to be let in is in.
  bool all_in() const;
  expected_state& expected() { return expected_; }
  const std::vector<std::string>& complaints() const { return complaints_; }
  /// Of everything that was seen, in order. The same seed gives the same number.
  std::uint64_t trace() const { return trace_; }
  std::size_t events(const std::string& name) const;
  std::uint64_t answered() const;
  std::uint64_t refused() const;
  rng& chance() { return random_; }
  steady_time now() const { return now_; }
  /// How often actors leave messages for the next moment.
  double laziness = 0;

private:
  struct pending_command {
    sim_command what;
    machine_number at;
    steady_time sent;
  };

  void on_event(const sim_member& of, const event& what) override;
  void on_assigning(const sim_member& to, const assignment& what) override { rollouts_.on_assigning(to, what); }
  void on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer) override;
  void on_forwarded(const sim_member& from, const version_id& which, steady_time sent) override {
    rollouts_.on_forwarded(from, which, sent);
  }
  void on_complaint(const std::string& what) override { complain(what); }

  sim_member& add_machine();
  void listen_to(sim_member& made);
  void on_refusal(const sim_member& by, const std::string& deployment, steady_time sent, const error& why);
  void found();
  void step(steady_time until);
  void tick();
  void tick(sim_member& one);

  // what people do: cluster_people.cpp
  void let_people_go_on();
  void look_after_commands();
  template <class Answer, class Question>
  void command(sim_command what, Question question, std::optional<sim_model> upload = {});
  template <class Answer>
  void on_answer(const sim_command& what, const result<Answer>& answer);
  bool on_failure(const sim_command& what, error_code code);
  void doubt(const sim_command& what);
  /// Has the registrar asked, until it has answered.
  template <class Question>
  void ask_registrar(const std::string& text, Question question, std::function<void()> then);

  void complain(const std::string& what);
  void note(const std::string& what);

  sim_artifacts& artifacts_;
  rng random_;
  sim_time air_; ///< in which what is under way between machines arrives
  steady_time now_ = air_.now();
  sim_wire wire_;
  expected_state expected_;
  sim_members members_;
  cluster_promises promises_;
  rollout_promises rollouts_;
  std::vector<std::unique_ptr<sim_joiner>> joiners_; ///< of all machines but the first: an answer to one may come late
  std::map<machine_number, steady_time> restarts_;
  std::map<std::uint64_t, std::function<void()>> chores_; ///< what people ask the registrar again and again, until it is done
  std::uint64_t last_chore_ = 0;
  machine_number leader_number_ = 0;
  steady_time next_chores_{};
  std::map<std::string, pending_command> commands_; ///< without an answer yet, by deployment
  std::map<std::string, steady_time> murky_;        ///< deployments whose last command may come yet; since when
  std::string last_answer_;
  steady_time next_tick_;
  std::vector<std::string> complaints_;
  std::map<std::string, std::size_t> counts_; ///< of events
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
};

template <class Condition>
void cluster_world::run_until(const char* what, std::chrono::nanoseconds limit, Condition holds) {
  auto until = now_ + limit;
  while (!holds()) {
    if (now_ >= until)
      return complain(std::string("did not come: ") + what);
    run(std::chrono::milliseconds(20));
  }
}

} // namespace troupe

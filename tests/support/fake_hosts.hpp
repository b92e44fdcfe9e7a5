#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/serving/hosts.hpp"
#include "tests/support/sim_loop.hpp"
#include "tests/support/sim_time.hpp"

#include <map>
#include <memory>
#include <string>

namespace troupe {

/// What goes wrong with fake hosts, each with its probability.
struct host_faults {
  double load_fails = 0; ///< unavailable: worth another try
  double load_hangs = 0; ///< until load_timeout, which counts as the model's fault
  double fork_fails = 0;
  double fork_hangs = 0; ///< never says that it is up; killed after load_timeout
  double batch_crashes = 0;
  double batch_hangs = 0;                         ///< until batch_timeout
  double batch_lies = 0;                          ///< a reply that no honest host writes
  double batch_fails = 0;                         ///< the model raises an error
  double batch_slow = 0;                          ///< answered just before batch_timeout
  std::chrono::milliseconds template_life_max{0}; ///< dies by itself within that time; 0: never
  std::chrono::milliseconds replica_life_max{0};
};

class fake_process;

/// Model processes in simulated time. An artifact says what its model does: "factor 3" gives each input times 3; "factor 3, fails" does so
/// while it is tried out, and raises an error for each request after that; "broken" can't be loaded.
/// A model whose input holds `poison` crashes, always. One thread; outlives everything that it made.
class fake_hosts final : public host_supply {
public:
  static constexpr float poison = -1.0F;

  fake_hosts(sim_time& clock, sim_loop& loop, rng chance) : time(clock), replies(loop), random(chance) {}

  std::unique_ptr<load_handle> load(const version_id& id, const model_spec& spec, int model_fd, template_events events) override;

  /// Processes that live.
  std::size_t alive() const { return processes_.size(); }
  /// For people: what they are.
  std::string list() const;
  /// Kills (signal 9) the oldest of a kind; false if there is none.
  bool kill_template();
  bool kill_replica();
  /// The machine loses its power: all processes are gone and none is ever heard of again.
  void cut_power();

  sim_time& time;
  sim_loop& replies;
  rng random;
  host_faults faults;

  // -- for the processes
  pid_t add(const std::shared_ptr<fake_process>& made);
  void remove(pid_t pid) { processes_.erase(pid); }
  std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most);

private:
  std::map<pid_t, std::shared_ptr<fake_process>> processes_;
  pid_t last_pid_ = 100;
};

} // namespace troupe

#pragma once

#include "runtime/base/unique_fd.hpp"
#include "runtime/serving/hosts.hpp"

#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace troupe {

/// Model processes played by the test: it says when each load and each fork is answered, and when what is up dies.
class hand_hosts final : public host_supply {
public:
  struct load_asked {
    version_id id;
    template_events events;
  };
  struct fork_asked {
    replica_number number = 0;
    pid_t pid = 0;
    std::shared_ptr<pool> target;
    replica_events events;
  };

  /// If set, loads and forks are answered well, at once.
  bool obliging = true;
  std::vector<load_asked> loads;
  std::vector<fork_asked> forks;
  std::set<pid_t> alive; ///< replicas whose owner has not let go
  /// The first load of each version is its validation: answered well, at once, by a model that gives its inputs back; unless this is set.
  bool validations_by_hand = false;
  std::size_t validations = 0;
  /// Hosts of forks from this one on give other outputs than their inputs.
  std::size_t wrong_from = std::numeric_limits<std::size_t>::max();

  std::unique_ptr<load_handle> load(const version_id& id, const model_spec&, int model_fd, template_events events) override {
    unique_fd model(model_fd);
    if (!validations_by_hand && validated_.insert(to_string(id)).second) {
      ++validations;
      events.ready(result<std::unique_ptr<version_template>>(std::make_unique<throw_away_template>()));
      return std::make_unique<load_handle>();
    }
    loads.push_back({id, std::move(events)});
    if (obliging)
      load_up(loads.size() - 1);
    return std::make_unique<load_handle>();
  }

  void load_up(std::size_t index) {
    loads[index].events.ready(result<std::unique_ptr<version_template>>(std::make_unique<hand_template>(*this)));
  }
  void load_failed(std::size_t index, error why) { loads[index].events.ready(std::move(why)); }
  void template_dies(std::size_t index) { loads[index].events.exited("signal:9"); }

  void fork_up(std::size_t index) {
    alive.insert(forks[index].pid);
    forks[index].events.ready(
        result<std::unique_ptr<replica_host>>(std::make_unique<hand_host>(*this, forks[index], index >= wrong_from)));
  }
  void fork_failed(std::size_t index, error why) { forks[index].events.ready(std::move(why)); }
  void replica_dies(std::size_t index) { forks[index].events.exited("signal:11"); }

private:
  class echo_runner final : public batch_runner {
  public:
    explicit echo_runner(bool wrong = false) : wrong_(wrong) {}
    void start(batch work) override {
      for (auto& request : work.requests) {
        auto outputs = request->inputs;
        std::vector<std::byte> zeros(outputs.at(0).size);
        if (wrong_)
          outputs[0].data = zeros.data();
        answer(std::move(request), outputs);
      }
    }

  private:
    bool wrong_;
  };

  class throw_away_host final : public replica_host {
  public:
    pid_t pid() const override { return 2; }
    void kill() override {}
    std::shared_ptr<batch_runner> runner() override { return std::make_shared<echo_runner>(); }
  };

  class throw_away_template final : public version_template {
  public:
    pid_t pid() const override { return 1; }
    void fork_replica(replica_number, std::shared_ptr<pool>, replica_events events) override {
      events.ready(result<std::unique_ptr<replica_host>>(std::make_unique<throw_away_host>()));
    }
  };

  class hand_host final : public replica_host {
  public:
    hand_host(hand_hosts& all, const fork_asked& fork, bool wrong)
      : all_(all), pid_(fork.pid), target_(fork.target), runner_(std::make_shared<echo_runner>(wrong)) {}
    ~hand_host() override {
      all_.alive.erase(pid_);
      target_->remove(runner_.get());
    }
    pid_t pid() const override { return pid_; }
    void kill() override {}
    std::shared_ptr<batch_runner> runner() override { return runner_; }

  private:
    hand_hosts& all_;
    pid_t pid_;
    std::shared_ptr<pool> target_;
    std::shared_ptr<batch_runner> runner_;
  };

  class hand_template final : public version_template {
  public:
    explicit hand_template(hand_hosts& all) : all_(all) {}
    pid_t pid() const override { return 1; }
    void fork_replica(replica_number number, std::shared_ptr<pool> target, replica_events events) override {
      all_.forks.push_back({number, static_cast<pid_t>(100 + all_.forks.size()), std::move(target), std::move(events)});
      if (all_.obliging)
        all_.fork_up(all_.forks.size() - 1);
    }

  private:
    hand_hosts& all_;
  };

  std::set<std::string> validated_;
};

} // namespace troupe

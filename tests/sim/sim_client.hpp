#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/serving/routing_table.hpp"
#include "tests/support/sim_loop.hpp"
#include "tests/support/sim_time.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Where a request was sent to.
struct sim_choice {
  version_id version;
  std::shared_ptr<const traffic_split> split; ///< by which the candidate has it; null: the live version has it
  steady_time sent{};
  bool wanted = true; ///< its client waits for the answer
};

/// A client's requests and what became of each.
class sim_client {
public:
  /// What a violated promise is told to.
  using complaint = std::function<void(const std::string&)>;

  sim_client(sim_time& time, sim_loop& loop, complaint complain) : time_(time), loop_(loop), complain_(std::move(complain)) {}

  /// Sends a request of 1 to 2 rows whose inputs are all `value`, on the client's loop, as a gateway does.
  void send(const routing_cell& routes, const std::string& deployment, float value, std::chrono::milliseconds patience,
            std::uint32_t rows = 1);
  /// Complains about requests that should have been answered by now.
  void check_overdue();
  /// The node was frozen for so long: what is open may be late by that.
  void excuse(std::chrono::nanoseconds frozen);
  /// Some clients go without waiting for their answers, each with that chance.
  void lose_patience(rng& random, double share);
  /// The node has lost its power: what it hadn't answered is lost, as the connection is.
  void hang_up() {
    open_.clear();
    submitted_.clear();
    last_hung_up_ = last_id_;
  }

  /// Hears of each request that finds a target, before it is sent.
  std::function<void(const sim_choice& to)> on_sent = [](const sim_choice&) {};
  /// Hears what became of it: the error that was the answer, or null.
  std::function<void(const sim_choice& to, const error* why)> on_answer = [](const sim_choice&, const error*) {};
  /// Hears of each request that finds none, and why.
  std::function<void(const std::string& deployment, steady_time sent, const error& why)> on_no_target =
      [](const std::string&, steady_time, const error&) {};

  std::uint64_t sent() const { return last_id_; }
  /// Of those whose clients wait.
  std::uint64_t answered() const { return answered_; }
  std::uint64_t refused() const { return refused_; }
  std::size_t open() const { return open_.size(); }
  /// How often an error was the answer.
  std::uint64_t refused_as(error_code code) const {
    auto found = refusals_.find(code);
    return found == refusals_.end() ? 0 : found->second;
  }

private:
  class request;
  struct pending {
    sim_choice to;
    steady_time deadline;
    std::chrono::milliseconds batch_timeout;
    std::shared_ptr<answer_watch> rewarded{}; ///< gets 1 for an answer and 0 for an error; null: no A/B test is under way
    split_arm arm = incumbent_arm;
    std::shared_ptr<std::atomic<bool>> abandoned = std::make_shared<std::atomic<bool>>(false);
    bool complained = false;
  };
  /// Where a request goes, and a copy of it.
  struct way {
    std::shared_ptr<spread> target;
    split_arm arm = incumbent_arm;
    const candidate_route* divided = nullptr; ///< null: no rollout divides it
  };

  static way way_of(const route& where);

  void submit(const std::shared_ptr<spread>& to, request_ptr what);
  void on_outputs(std::uint64_t id, float value, const std::vector<tensor_view>& outputs);
  void on_error(std::uint64_t id, const error& why);
  void on_dropped(std::uint64_t id);
  void find_none(const std::string& deployment, const error& why);
  void count_refusal(const error& why);
  /// What was known of a request that is answered now; nothing if nobody waits for it.
  std::optional<pending> close(std::uint64_t id);

  sim_time& time_;
  sim_loop& loop_;
  complaint complain_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_hung_up_ = 0; ///< nobody listens for the answers of requests up to this one
  std::uint64_t answered_ = 0;
  std::uint64_t refused_ = 0;
  std::map<error_code, std::uint64_t> refusals_;
  std::map<std::uint64_t, pending> open_;
  std::vector<std::shared_ptr<spread>> submitted_; ///< that are to dispatch
};

} // namespace troupe

#pragma once

#include "runtime/serving/spread.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/fake_forwarder.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/sim_loop.hpp"
#include "tests/support/sim_time.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Holds its batch until the test says what becomes of it.
class hand_runner final : public batch_runner {
public:
  explicit hand_runner(pool& of) : of_(of) {}

  void start(batch work) override { held = std::move(work); }
  bool busy() const { return !held.requests.empty(); }
  /// Gives the requests their inputs back.
  void finish() {
    auto done = std::exchange(held, {});
    for (auto& request : done.requests) {
      auto outputs = request->inputs;
      answer(std::move(request), outputs);
    }
    of_.release(this);
  }
  /// Its host dies.
  void die() {
    of_.remove(this);
    of_.fail(std::exchange(held, {}), "signal:11");
  }

  batch held;

private:
  pool& of_;
};

/// One version, a loop in simulated time, and the nodes that the test adds.
struct spread_fixture {
  sim_time time;
  collected_events events;
  sim_loop loop{time, rng(1)};
  fake_forwarder wire;
  peer_board board;
  std::shared_ptr<spread> target;
  std::vector<std::shared_ptr<hand_runner>> runners; ///< of local pools

  explicit spread_fixture(std::uint64_t seed = 1) { target = std::make_shared<spread>(id(), spec(), time, seed); }
  ~spread_fixture() {
    target->close();
    if (auto local = target->local(); local != nullptr)
      local->close(true);
    settle();
    for (const auto& each : runners) // a request keeps its spread, that its pool, and that its runner
      each->held = {};
  }

  static version_id id() { return {"digits", 3}; }
  static model_spec spec() {
    model_spec made;
    made.inputs = {{"x", datatype::fp32, {-1, 1}}};
    made.outputs = {{"y", datatype::fp32, {-1, 1}}};
    made.max_batch = 4;
    return made;
  }

  void tell(const std::string& node, bool usable, std::uint32_t queued = 0) {
    board.set(node, {node, "127.0.0.1:7551", usable, queued});
  }
  std::shared_ptr<remote_pool> remote(const std::string& node, std::uint32_t replicas = 1) {
    return std::make_shared<remote_pool>(id(), spec(), replicas, board.find(node), wire);
  }
  /// Nodes that are up and run one replica each.
  void open_remotes(const std::vector<std::string>& nodes) {
    std::vector<std::shared_ptr<remote_pool>> remotes;
    for (const auto& node : nodes) {
      tell(node, true);
      remotes.push_back(remote(node));
    }
    target->set_remotes(std::move(remotes));
  }
  /// A local pool with that many runners.
  std::vector<std::shared_ptr<hand_runner>> open_local(std::size_t count = 1) {
    auto local = std::make_shared<pool>(id(), spec(), time, events);
    target->set_local(local);
    std::vector<std::shared_ptr<hand_runner>> made;
    for (std::size_t i = 0; i < count; ++i) {
      made.push_back(std::make_shared<hand_runner>(*local));
      local->attach(made.back());
    }
    runners.insert(runners.end(), made.begin(), made.end());
    return made;
  }

  std::unique_ptr<recorded_request> request(float value, const std::shared_ptr<outcome>& result,
                                            std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    auto next = std::make_unique<recorded_request>(loop, std::vector<float>{value}, 1, result);
    next->arrived = time.now();
    next->deadline = time.now() + patience;
    return next;
  }
  std::shared_ptr<outcome> submit(float value, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    auto result = std::make_shared<outcome>();
    loop.run([&] { target->submit(request(value, result, patience)); });
    return result;
  }
  void dispatch() {
    loop.run([&] { target->dispatch(loop); });
  }
  /// One request in a turn of its own.
  std::shared_ptr<outcome> ask(float value, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    auto result = submit(value, patience);
    dispatch();
    return result;
  }
  /// What is told of a call comes on the loop.
  void answer_call(std::size_t index) {
    auto one = wire.calls.at(index);
    loop.run([&] { fake_forwarder::answer(one); });
    settle();
  }
  void fail_call(std::size_t index, error_code code, std::uint32_t crashes = 0) {
    auto one = wire.calls.at(index);
    loop.run([&] { fake_forwarder::fail(one, code, crashes); });
    settle();
  }
  /// Runs all that was posted.
  void settle() {
    while (time.next()) {
      time.move_to(*time.next());
      while (time.run_one()) {
      }
    }
  }
  void tick() {
    target->expire(time.now());
    settle();
  }
  void pass(std::chrono::milliseconds span) {
    time.move_to(time.now() + span);
    tick();
  }
};

/// Answered once, with its own value.
inline bool has(const outcome& result, float value) {
  return result.times == 1 && result.values == std::vector<float>{value};
}
inline bool failed(const outcome& result, error_code code) {
  return result.times == 1 && result.failure && result.failure->code == code;
}

} // namespace troupe

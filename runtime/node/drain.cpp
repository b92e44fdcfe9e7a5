#include "runtime/node/drain.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <thread>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 2ms;
/// A loop's turn takes far less, or it hangs.
constexpr auto turn_patience = 1s;

bool all_quiet(const routing_cell& routes) {
  auto is_quiet = [](const auto& each) { return each->quiet(); };
  auto pools = routes.pools();
  auto targets = routes.targets();
  return std::all_of(pools.begin(), pools.end(), is_quiet) && std::all_of(targets.begin(), targets.end(), is_quiet);
}

} // namespace

void await_a_turn(const std::vector<kj_loop*>& loops) {
  for (auto loop : loops) {
    auto turned = std::make_shared<std::promise<void>>();
    loop->post([turned] { turned->set_value(); });
    turned->get_future().wait_for(turn_patience);
  }
}

bool await(const std::function<bool()>& holds, const clock& time, steady_time until) {
  while (!holds() && time.now() < until)
    std::this_thread::sleep_for(look_interval);
  return holds();
}

bool drain(drain_gate& gate, const routing_cell& routes, const std::vector<kj_loop*>& loops, const clock& time,
           std::chrono::milliseconds patience, const std::function<bool()>& doors_quiet) {
  auto until = time.now() + patience;
  gate.close();
  await_a_turn(loops);
  bool in_time = await([&] { return all_quiet(routes) && doors_quiet(); }, time, until);
  for (const auto& target : routes.targets())
    target->close();
  for (const auto& each : routes.pools())
    each->close(true);
  await_a_turn(loops); // in which answers are written
  return in_time;
}

} // namespace troupe

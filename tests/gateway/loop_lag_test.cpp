#define BOOST_TEST_MODULE loop_lag
#include "runtime/gateway/loop_lag.hpp"
#include "tests/support/sim_time.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <utility>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Runs what it is asked when the test says so.
class slow_loop final : public event_loop {
public:
  std::vector<std::function<void()>> tasks;

  void turn() {
    for (auto& task : std::exchange(tasks, {}))
      task();
  }
  bool is_current() const override { return false; }
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  void call_after(std::chrono::nanoseconds, std::function<void()>) override {}
  void watch(int, std::function<void()>) override {}
  void unwatch(int) override {}
};

std::uint64_t count_of(const duration_counts& from) {
  return std::accumulate(from.buckets.begin(), from.buckets.end(), std::uint64_t{0});
}

} // namespace

BOOST_AUTO_TEST_CASE(a_loop_is_as_late_as_the_time_from_a_question_to_its_answer) {
  sim_time time;
  slow_loop loop;
  loop_lag lag(loop, time);
  lag.ask();
  BOOST_TEST(count_of(lag.read()) == 0U);
  time.move_to(time.now() + 3ms);
  loop.turn();
  BOOST_TEST(lag.read().buckets[5] == 1U); // 2.5 to 5 ms
  BOOST_TEST(lag.read().sum_ns == 3'000'000U);
}

BOOST_AUTO_TEST_CASE(a_loop_that_owes_an_answer_is_not_asked_again_until_it_has_given_it) {
  sim_time time;
  slow_loop loop;
  loop_lag lag(loop, time);
  lag.ask();
  lag.ask();
  BOOST_TEST(loop.tasks.size() == 1U);
  loop.turn();
  lag.ask();
  BOOST_TEST(loop.tasks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_loop_may_answer_when_nobody_measures_any_more) {
  sim_time time;
  slow_loop loop;
  loop_lag(loop, time).ask();
  loop.turn();
  BOOST_TEST(loop.tasks.empty());
}

#define BOOST_TEST_MODULE pool
#include "runtime/serving/pool.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

class hand_clock final : public clock {
public:
  steady_time now() const override { return now_; }
  wall_time wall_now() const override { return wall_time(now_.time_since_epoch()); }
  void pass(std::chrono::nanoseconds span) { now_ += span; }

private:
  steady_time now_ = std::chrono::steady_clock::now();
};

/// Whoever calls is on it.
class inline_loop final : public event_loop {
public:
  bool is_current() const override { return true; }
  void post(std::function<void()> task) override { task(); }
  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    timers.emplace_back(delay, std::move(task));
  }
  void watch(int, std::function<void()>) override {}
  void unwatch(int) override {}

  std::vector<std::pair<std::chrono::nanoseconds, std::function<void()>>> timers; ///< asked for, and when
};

/// Holds its batch until the test says what becomes of it.
class held_runner final : public batch_runner {
public:
  explicit held_runner(pool& target) : target_(target) {}

  void start(batch work) override {
    if (dead) {
      target_.remove(this);
      target_.requeue(std::move(work));
      return;
    }
    BOOST_TEST(held.requests.empty());
    held = std::move(work);
  }
  /// Gives each request its first input back.
  void finish() {
    auto done = std::exchange(held, {});
    done.begun = done.made;
    target_.counted().add_answers(done, done.made);
    for (auto& request : done.requests) {
      auto outputs = request->inputs;
      target_.remember(*request, outputs);
      answer(std::move(request), outputs);
    }
    target_.release(this);
  }
  void crash() {
    dead = true;
    target_.remove(this);
    target_.fail(std::exchange(held, {}), "signal:11");
  }

  batch held;
  bool dead = false;

private:
  pool& target_;
};

struct fixture {
  hand_clock time;
  collected_events events;
  inline_loop loop;
  model_spec spec = spec_of(4, 8);
  std::shared_ptr<pool> target;

  static model_spec spec_of(std::uint32_t max_batch, std::uint32_t queue_rows) {
    model_spec made;
    made.inputs = {{"x", datatype::fp32, {-1, -1}}};
    made.max_batch = max_batch;
    made.queue_rows_max = queue_rows;
    return made;
  }

  fixture() { open(spec); }
  void open(const model_spec& with) { target = std::make_shared<pool>(version_id{"digits", 3}, with, time, events); }

  std::shared_ptr<outcome> submit(std::vector<float> values, std::uint32_t rows = 1, std::chrono::nanoseconds patience = 1min,
                                  std::uint64_t priority = 0, std::chrono::microseconds timeout = 0us) {
    auto result = std::make_shared<outcome>();
    auto request = std::make_unique<recorded_request>(loop, std::move(values), rows, result);
    request->arrived = time.now();
    request->deadline = time.now() + patience;
    request->priority = priority;
    request->timeout = timeout;
    target->submit(std::move(request));
    return result;
  }
  std::shared_ptr<outcome> submit_at(std::uint64_t priority, float value) { return submit({value}, 1, 1min, priority); }
  std::shared_ptr<held_runner> attach() {
    auto runner = std::make_shared<held_runner>(*target);
    target->attach(runner);
    return runner;
  }
  static float first_of(const inference_request& request) { return *reinterpret_cast<const float*>(request.inputs[0].data); }
  static std::vector<float> firsts(const batch& work) {
    std::vector<float> values;
    for (const auto& request : work.requests)
      values.push_back(first_of(*request));
    return values;
  }
};

bool failed_with(const std::shared_ptr<outcome>& result, error_code code) {
  return result->times == 1 && result->failure && result->failure->code == code;
}

bool served(const std::shared_ptr<outcome>& result) {
  return result->times == 1 && !result->failure;
}

using floats = std::vector<float>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_suite, fixture)

// -- refused ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_the_next_request) {
  auto fits = submit(floats(8), 8);
  auto next = submit({1});
  BOOST_TEST(failed_with(next, error_code::overloaded));
  BOOST_TEST(next->failure->message
             == "deployment 'digits' has 8 rows waiting, the limit is 8 (queue_rows in model.toml); retry later or add replicas");
  BOOST_TEST(fits->times == 0);
  BOOST_TEST(target->count().failures == 1U);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed_on_arrival_is_refused_at_once) {
  BOOST_TEST(failed_with(submit({1}, 1, 0ns), error_code::deadline_exceeded));
  BOOST_TEST(target->count().queued_rows == 0U);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_in_the_queue_is_refused_by_expire_and_no_other_is) {
  auto patient = submit({1});
  auto late = submit({2}, 1, 5ms);
  time.pass(4ms);
  target->expire(time.now());
  BOOST_TEST(late->times == 0);
  time.pass(1ms);
  target->expire(time.now());
  BOOST_TEST(failed_with(late, error_code::deadline_exceeded));
  BOOST_TEST(patient->times == 0);
  BOOST_TEST(target->count().queued_rows == 1U);
  BOOST_TEST(target->count().queued_requests == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_late_when_its_batch_is_made_does_not_run_wherever_it_stands) {
  auto first = submit({1}, 1, 5ms);
  auto second = submit({2});
  auto third = submit({3}, 1, 5ms);
  time.pass(5ms);
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == floats{2}, boost::test_tools::per_element());
  BOOST_TEST(failed_with(first, error_code::deadline_exceeded));
  BOOST_TEST(failed_with(third, error_code::deadline_exceeded));
  runner->finish();
  BOOST_TEST(served(second));
}

BOOST_AUTO_TEST_CASE(a_pool_that_drains_takes_nothing_new_and_serves_what_waits) {
  auto waiting = submit({1});
  target->close(false);
  BOOST_TEST(failed_with(submit({2}), error_code::unavailable));
  BOOST_TEST(!target->quiet());
  attach()->finish();
  BOOST_TEST(served(waiting));
  BOOST_TEST(target->quiet());
}

BOOST_AUTO_TEST_CASE(a_pool_that_refuses_answers_what_waits_and_what_comes_back_later) {
  auto runner = attach();
  auto running = submit({1});
  target->dispatch();
  auto waiting = submit({2});
  target->close(true);
  BOOST_TEST(failed_with(waiting, error_code::unavailable));
  target->close(false); // doesn't open it to what comes back
  runner->crash();
  BOOST_TEST(failed_with(running, error_code::unavailable));
  BOOST_TEST(target->count().queued_rows == 0U);
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_destroyed_answers_what_waits) {
  auto waiting = submit({1});
  target.reset();
  BOOST_TEST(failed_with(waiting, error_code::unavailable));
}

// -- batches ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_waits_runs_together_up_to_max_batch_in_order) {
  for (int i = 1; i <= 6; ++i)
    submit({static_cast<float>(i)});
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == (floats{1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(runner->held.rows == 4U);
  runner->finish();
  BOOST_TEST(firsts(runner->held) == (floats{5, 6}), boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(target->count().requests == 6U);
  BOOST_TEST(target->count().batches == 2U);
}

BOOST_AUTO_TEST_CASE(an_idle_runner_does_not_wait_for_a_full_batch) {
  auto runner = attach();
  submit({1});
  BOOST_TEST(runner->held.requests.empty());
  target->dispatch();
  BOOST_TEST(runner->held.requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(requests_of_different_shapes_do_not_share_a_batch) {
  submit({1, 1});
  submit({2, 2});
  submit({3});
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == (floats{1, 2}), boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(firsts(runner->held) == floats{3}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_gets_one_request_at_a_time) {
  open(spec_of(0, 8));
  submit({1});
  submit({2});
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == floats{1}, boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(firsts(runner->held) == floats{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(two_runners_share_what_waits) {
  auto one = attach();
  auto two = attach();
  for (int i = 1; i <= 5; ++i)
    submit({static_cast<float>(i)});
  target->dispatch();
  BOOST_TEST(one->held.requests.size() == 4U);
  BOOST_TEST(two->held.requests.size() == 1U);
  BOOST_TEST(target->count().runners == 2U);
}

// -- waiting for more -------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_version_that_asks_for_it_waits_for_a_preferred_batch_to_come_together) {
  spec.batching = {{3}, 5ms};
  open(spec);
  auto runner = attach();
  submit({1});
  target->dispatch();
  BOOST_TEST(runner->held.requests.empty());
  BOOST_REQUIRE(loop.timers.size() == 1U);
  BOOST_TEST((loop.timers[0].first == 5ms));
  submit({2});
  target->dispatch();
  BOOST_TEST(runner->held.requests.empty());
  BOOST_TEST(loop.timers.size() == 1U); // the first look comes soon enough
  submit({3});
  target->dispatch();
  BOOST_TEST(firsts(runner->held) == (floats{1, 2, 3}), boost::test_tools::per_element());
  loop.timers[0].second(); // finds nothing
}

BOOST_AUTO_TEST_CASE(after_the_delay_what_there_is_runs) {
  spec.batching = {{3}, 5ms};
  open(spec);
  auto runner = attach();
  submit({1});
  target->dispatch();
  time.pass(4ms);
  loop.timers.at(0).second(); // a loop's timer may come early
  BOOST_TEST(runner->held.requests.empty());
  BOOST_REQUIRE(loop.timers.size() == 2U);
  BOOST_TEST((loop.timers[1].first == 1ms));
  time.pass(1ms);
  loop.timers[1].second();
  BOOST_TEST(runner->held.requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_delay_whose_loop_has_stopped_ends_with_the_ticker) {
  spec.batching = {{3}, 5ms};
  open(spec);
  auto runner = attach();
  submit({1});
  target->dispatch();
  time.pass(5ms);
  target->expire(time.now());
  BOOST_TEST(runner->held.requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_pool_that_closes_waits_for_nothing_more_to_come) {
  spec.batching = {{3}, 5ms};
  open(spec);
  auto runner = attach();
  auto waiting = submit({1});
  target->dispatch();
  target->close(false);
  runner->finish();
  BOOST_TEST(served(waiting));
}

BOOST_AUTO_TEST_CASE(a_pool_may_be_gone_when_its_timer_comes) {
  spec.batching = {{3}, 5ms};
  open(spec);
  {
    auto runner = attach();
    submit({1});
    target->dispatch();
  }
  target.reset();
  loop.timers.at(0).second();
}

BOOST_AUTO_TEST_CASE(to_keep_the_order_one_runner_at_a_time_has_a_batch) {
  spec.batching.preserve_order = true;
  open(spec);
  auto one = attach();
  auto two = attach();
  submit({1});
  target->dispatch();
  submit({2});
  target->dispatch();
  BOOST_TEST(one->held.requests.size() == 1U);
  BOOST_TEST(two->held.requests.empty());
  target->detach(one.get());
  one->finish();
  BOOST_TEST(firsts(two->held) == floats{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_runs_again_keeps_its_place_before_what_came_later) {
  spec.batching.preserve_order = true;
  open(spec);
  submit({1});
  submit({2});
  auto dies = attach();
  auto lives = attach();
  submit({3});
  target->dispatch();
  dies->crash();
  for (const auto& expected : {floats{1}, floats{2}, floats{3}}) {
    BOOST_TEST(firsts(lives->held) == expected, boost::test_tools::per_element());
    lives->finish();
  }
}

// -- priorities and timeouts ------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_level_that_is_full_refuses_and_others_do_not) {
  spec.queue_levels.resize(2);
  spec.queue_levels[1].rows_max = 4;
  spec.default_priority = 2;
  open(spec);
  submit(floats(4), 4);
  auto refused = submit({1});
  BOOST_TEST(failed_with(refused, error_code::overloaded));
  BOOST_TEST(
      refused->failure->message
      == "deployment 'digits' has 4 rows of priority 2 waiting, the limit is 4 (queue.priority in model.toml); retry later");
  BOOST_TEST(submit_at(1, 1)->times == 0);
}

BOOST_AUTO_TEST_CASE(a_higher_priority_is_served_first_and_within_one_who_came_first) {
  spec.queue_levels.resize(2);
  spec.default_priority = 2;
  open(spec);
  submit_at(0, 20);
  submit_at(1, 10);
  submit_at(2, 21);
  submit_at(1, 11);
  submit_at(9, 22); // no such level: the default
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == (floats{10, 11, 20, 21}), boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(firsts(runner->held) == floats{22}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_has_waited_longer_than_its_timeout_is_refused_long_before_its_deadline) {
  spec.queue_levels[0].timeout = 10ms;
  open(spec);
  auto waiting = submit({1});
  time.pass(10ms);
  target->expire(time.now());
  BOOST_TEST(failed_with(waiting, error_code::deadline_exceeded));
  BOOST_TEST(waiting->failure->message
             == "waited longer than its timeout in the queue (queue.default_timeout in model.toml, or its own)");
}

BOOST_AUTO_TEST_CASE(a_request_may_ask_for_a_shorter_timeout_only) {
  spec.queue_levels[0].timeout = 10ms;
  open(spec);
  auto shorter = submit({1}, 1, 1min, 0, 5ms);
  auto longer = submit({2}, 1, 1min, 0, 20ms);
  time.pass(5ms);
  target->expire(time.now());
  BOOST_TEST(failed_with(shorter, error_code::deadline_exceeded));
  BOOST_TEST(longer->times == 0);
  time.pass(5ms);
  target->expire(time.now());
  BOOST_TEST(failed_with(longer, error_code::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(the_longest_timeout_that_there_is_means_none) {
  open(spec);
  auto waiting = submit({1}, 1, 1min, 0, std::chrono::microseconds::max());
  target->expire(time.now());
  BOOST_TEST(waiting->times == 0);
}

BOOST_AUTO_TEST_CASE(what_is_delayed_by_its_timeout_is_served_behind_all_others_up_to_its_deadline) {
  spec.queue_levels.resize(2);
  spec.queue_levels[0].timeout = 10ms;
  spec.queue_levels[0].on_timeout = timeout_action::delay;
  open(spec);
  auto delayed = submit_at(1, 1);
  auto late = submit({2}, 1, 15ms, 1);
  time.pass(10ms);
  submit_at(1, 3);
  submit_at(2, 4);
  time.pass(5ms);
  auto runner = attach();
  BOOST_TEST(firsts(runner->held) == (floats{3, 4, 1}), boost::test_tools::per_element());
  BOOST_TEST(failed_with(late, error_code::deadline_exceeded));
  BOOST_TEST(target->count().queued_rows == 0U);
  runner->finish();
  BOOST_TEST(served(delayed));
}

// -- deadlines that can't be met --------------------------------------------------------------------------------------------------

namespace {

/// A pool that knows that a batch takes 10 ms, and its runner with a batch under way.
std::shared_ptr<held_runner> measured(fixture& f) {
  auto runner = f.attach();
  for (int i = 0; i < 2; ++i) {
    f.submit(floats(4), 4);
    f.target->dispatch();
    f.time.pass(i == 0 ? 10ms : 0ms);
    if (i == 0)
      runner->finish();
  }
  return runner;
}

} // namespace

BOOST_AUTO_TEST_CASE(nobody_is_refused_on_an_estimate_before_there_is_one) {
  auto runner = attach();
  submit(floats(4), 4);
  target->dispatch();
  submit(floats(4), 4);
  BOOST_TEST(submit({1}, 1, 1ns)->times == 0);
}

BOOST_AUTO_TEST_CASE(a_request_that_waits_too_long_behind_others_is_refused_at_once) {
  auto runner = measured(*this);
  submit(floats(4), 4);
  auto in_time = submit({1}, 1, 20ms);
  auto hopeless = submit({2}, 1, 19ms);
  BOOST_TEST(in_time->times == 0);
  BOOST_TEST(failed_with(hopeless, error_code::deadline_exceeded));
  BOOST_TEST(hopeless->failure->message
             == "can't be answered by its deadline any more; retry later, add replicas or allow more time");
}

BOOST_AUTO_TEST_CASE(a_timeout_that_a_request_asks_for_is_a_deadline_that_must_be_met) {
  auto runner = measured(*this);
  submit(floats(4), 4);
  auto in_time = submit({1}, 1, 1min, 0, 20ms);
  auto hopeless = submit({2}, 1, 1min, 0, 19ms);
  BOOST_TEST(in_time->times == 0);
  BOOST_TEST(failed_with(hopeless, error_code::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(who_can_not_be_in_time_any_more_leaves_the_queue_to_those_who_can) {
  auto runner = measured(*this);
  auto hopeless = submit({1, 1}, 2, 12ms);
  auto in_time = submit({2, 2}, 2, 1min);
  time.pass(10ms);
  runner->finish();
  BOOST_TEST(failed_with(hopeless, error_code::deadline_exceeded));
  BOOST_TEST(firsts(runner->held) == floats{2}, boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(served(in_time));
}

BOOST_AUTO_TEST_CASE(the_last_one_that_waits_is_tried_whatever_the_estimate_says) {
  auto runner = measured(*this);
  auto first = submit({1, 1}, 2, 11ms);
  auto second = submit({2, 2}, 2, 11ms);
  time.pass(10ms);
  runner->finish();
  BOOST_TEST(failed_with(first, error_code::deadline_exceeded));
  BOOST_TEST(firsts(runner->held) == floats{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_estimate_that_no_batch_confirmed_for_a_while_refuses_nobody) {
  auto runner = measured(*this);
  time.pass(batch_time_estimate::valid_for + 1ns);
  submit(floats(4), 4);
  BOOST_TEST(submit({1}, 1, 1ms)->times == 0);
}

// -- cached answers ---------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(without_a_cache_the_same_inputs_run_again) {
  auto runner = attach();
  for (int i = 0; i < 2; ++i) {
    auto asked = submit({1});
    target->dispatch();
    BOOST_TEST(asked->times == 0);
    runner->finish();
  }
  BOOST_TEST(target->statistics().executions == 2U);
  BOOST_TEST(target->statistics().cache_miss.count == 0U);
}

BOOST_AUTO_TEST_CASE(the_same_inputs_get_the_same_answer_at_once_and_others_their_own) {
  spec.cache_bytes = 1 << 20;
  open(spec);
  auto runner = attach();
  submit({1});
  target->dispatch();
  runner->finish();
  auto again = submit({1});
  BOOST_TEST(served(again));
  BOOST_TEST(again->values == floats{1}, boost::test_tools::per_element());
  BOOST_TEST(submit({2})->times == 0);
  auto found = target->statistics();
  BOOST_TEST(found.cache_hit.count == 1U);
  BOOST_TEST(found.cache_miss.count == 2U);
  BOOST_TEST(found.success.count == 2U);
  BOOST_TEST(found.compute_infer.count == 1U);
  BOOST_TEST(found.executions == 1U);
}

BOOST_AUTO_TEST_CASE(a_shape_is_part_of_the_inputs) {
  spec.cache_bytes = 1 << 20;
  open(spec);
  auto runner = attach();
  submit({1, 2}, 1);
  target->dispatch();
  runner->finish();
  BOOST_TEST(submit({1, 2}, 2)->times == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_is_never_another_versions) {
  spec.cache_bytes = 1 << 20;
  open(spec);
  auto runner = attach();
  submit({1});
  target->dispatch();
  runner->finish();
  open(spec);
  BOOST_TEST(submit({1})->times == 0);
}

BOOST_AUTO_TEST_CASE(an_input_that_crashed_a_replica_is_not_cached) {
  spec.cache_bytes = 1 << 20;
  open(spec);
  submit({666});
  attach()->crash();
  attach()->crash();
  BOOST_TEST(failed_with(submit({666}), error_code::poisoned));
}

// -- counted ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_a_pool_refuses_is_counted_by_its_code) {
  submit(floats(8), 8);
  submit({1});
  submit({1});
  time.pass(1min);
  target->expire(time.now());
  auto found = target->statistics();
  BOOST_TEST(found.failures[static_cast<std::size_t>(error_code::overloaded)] == 2U);
  BOOST_TEST(found.failures[static_cast<std::size_t>(error_code::deadline_exceeded)] == 1U);
  BOOST_TEST(found.fail.count == 3U);
  BOOST_TEST(found.fail.ns == 60'000'000'000U);
}

BOOST_AUTO_TEST_CASE(the_time_in_the_queue_ends_when_the_batch_is_made) {
  submit({1});
  time.pass(3ms);
  attach()->finish();
  auto found = target->statistics();
  BOOST_TEST(found.queue.count == 1U);
  BOOST_TEST(found.queue.ns == 3'000'000U);
  BOOST_TEST(found.executions == 1U);
}

// -- crashes ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_a_crash_each_request_runs_again_alone_and_before_others) {
  auto dies = attach();
  auto first = submit({1});
  auto second = submit({2});
  target->dispatch();
  submit({3});
  submit({4});
  dies->crash();
  auto lives = attach();
  for (const auto& expected : {floats{1}, floats{2}, floats{3, 4}}) {
    BOOST_TEST(firsts(lives->held) == expected, boost::test_tools::per_element());
    lives->finish();
  }
  BOOST_TEST(served(first));
  BOOST_TEST(served(second));
}

BOOST_AUTO_TEST_CASE(a_request_in_two_crashes_is_poison_and_the_third_time_it_is_refused_at_once) {
  auto poison = submit({666});
  attach()->crash();
  BOOST_TEST(poison->times == 0);
  attach()->crash();
  BOOST_TEST(failed_with(poison, error_code::poisoned));
  BOOST_TEST(events.count("request_quarantined") == 1U);
  BOOST_TEST(events.last("request_quarantined", "reason") == "signal:11");
  auto runner = attach();
  BOOST_TEST(failed_with(submit({666}), error_code::poisoned));
  BOOST_TEST(submit({667})->times == 0);
  target->dispatch();
  BOOST_TEST(firsts(runner->held) == floats{667}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_only_shared_the_batch_of_poison_is_served) {
  auto poison = submit({666});
  auto innocent = submit({1});
  attach()->crash();
  attach()->crash();
  auto runner = attach();
  BOOST_TEST(failed_with(poison, error_code::poisoned));
  runner->finish();
  BOOST_TEST(served(innocent));
}

BOOST_AUTO_TEST_CASE(a_batch_that_never_began_counts_no_crash) {
  auto dead = attach();
  dead->dead = true;
  auto request = submit({1});
  target->dispatch();
  BOOST_TEST(target->count().runners == 0U);
  attach()->crash();
  BOOST_TEST(request->times == 0);
  attach()->finish();
  BOOST_TEST(served(request));
}

BOOST_AUTO_TEST_CASE(a_batch_that_the_model_failed_runs_again_one_by_one) {
  submit({1});
  submit({2});
  auto runner = attach();
  auto failed = std::exchange(runner->held, {});
  target->release(runner.get());
  target->retry_alone(std::move(failed));
  BOOST_TEST(firsts(runner->held) == floats{1}, boost::test_tools::per_element());
  runner->finish();
  BOOST_TEST(firsts(runner->held) == floats{2}, boost::test_tools::per_element());
}

// -- runners come and go ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_busy_runner_is_gone_only_after_its_batch) {
  auto runner = attach();
  auto running = submit({1});
  target->dispatch();
  submit({2});
  BOOST_TEST(!target->detach(runner.get()));
  BOOST_TEST(!target->detach(runner.get()));
  runner->finish();
  BOOST_TEST(served(running));
  BOOST_TEST(runner->held.requests.empty());
  BOOST_TEST(target->detach(runner.get()));
  BOOST_TEST(target->count().runners == 0U);
}

BOOST_AUTO_TEST_CASE(an_idle_runner_is_gone_at_once_and_gets_nothing_any_more) {
  auto runner = attach();
  BOOST_TEST(target->detach(runner.get()));
  submit({1});
  target->dispatch();
  BOOST_TEST(runner->held.requests.empty());
}

BOOST_AUTO_TEST_CASE(a_runner_that_was_removed_may_still_be_released_and_removed_again) {
  auto runner = attach();
  submit({1});
  target->dispatch();
  target->remove(runner.get());
  target->release(runner.get());
  target->remove(runner.get());
  BOOST_TEST(target->detach(runner.get()));
  BOOST_TEST(runner->held.requests.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

// -- threads ----------------------------------------------------------------------------------------------------------------------

namespace {

/// A thread of its own that answers, or dies with its batch when it was told to.
class threaded_runner final : public batch_runner, public std::enable_shared_from_this<threaded_runner> {
public:
  explicit threaded_runner(std::shared_ptr<pool> target) : target_(std::move(target)), thread_([this] { run(); }) {}
  ~threaded_runner() override {
    stop_ = true;
    thread_.join();
  }
  void start(batch work) override {
    {
      std::lock_guard lock(mutex_);
      if (!dead_) {
        held_ = std::move(work);
        return;
      }
    }
    target_->remove(this);
    target_->requeue(std::move(work));
  }
  void kill() {
    batch work;
    {
      std::lock_guard lock(mutex_);
      dead_ = true;
      work = std::exchange(held_, {});
    }
    target_->remove(this);
    if (!work.requests.empty())
      target_->fail(std::move(work), "signal:9");
  }

private:
  void run() {
    while (!stop_) {
      batch done;
      {
        std::lock_guard lock(mutex_);
        done = std::exchange(held_, {});
      }
      if (done.requests.empty()) {
        std::this_thread::yield();
        continue;
      }
      target_->counted().add_answers(done, std::chrono::steady_clock::now());
      for (auto& request : done.requests) {
        auto outputs = request->inputs;
        answer(std::move(request), outputs);
      }
      target_->release(this);
    }
  }

  std::shared_ptr<pool> target_;
  std::mutex mutex_;
  batch held_;
  bool dead_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_CASE(each_request_is_answered_once_while_threads_submit_run_expire_and_die) {
  constexpr std::size_t submitters = 3;
  constexpr std::size_t each = 300;
  real_clock time;
  collected_events events;
  inline_loop loop;
  auto target = std::make_shared<pool>(version_id{"digits", 1}, fixture::spec_of(4, 10'000), time, events);
  std::vector<std::shared_ptr<outcome>> results(submitters * each);
  std::vector<std::shared_ptr<threaded_runner>> runners;
  auto attach = [&] {
    runners.push_back(std::make_shared<threaded_runner>(target));
    target->attach(runners.back());
  };
  attach();
  attach();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < submitters; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t * each; i < (t + 1) * each; ++i) {
        results[i] = std::make_shared<outcome>();
        target->submit(std::make_unique<recorded_request>(loop, floats{static_cast<float>(i)}, 1, results[i]));
        target->dispatch();
      }
    });
  for (int round = 0; round < 10; ++round) {
    attach();
    runners[static_cast<std::size_t>(round)]->kill();
    target->expire(time.now());
  }
  for (auto& thread : threads)
    thread.join();
  for (const auto& result : results)
    BOOST_REQUIRE(result->wait());
  BOOST_REQUIRE(eventually([&] { return target->quiet(); }));
  for (std::size_t i = 0; i < results.size(); ++i) {
    BOOST_TEST(results[i]->times == 1);
    if (!results[i]->failure)
      BOOST_TEST(results[i]->values == floats{static_cast<float>(i)}, boost::test_tools::per_element());
    else
      BOOST_TEST((results[i]->failure->code == error_code::poisoned)); // it was with two that were killed
  }
  auto counted = target->count();
  BOOST_TEST(counted.requests + counted.failures == submitters * each);
  runners.clear();
}

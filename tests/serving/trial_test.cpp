#define BOOST_TEST_MODULE trial
#include "runtime/serving/host_geometry.hpp"
#include "runtime/serving/trial.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/scripted_host.hpp"
#include "tests/support/sim_time.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <future>
#include <limits>
#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

model_spec identity_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 2}}};
  spec.outputs = {{"y", datatype::fp32, {-1, 2}}};
  spec.max_batch = 8;
  return spec;
}

golden_tensor tensor(const std::vector<float>& values) {
  golden_tensor made{{static_cast<std::int64_t>(values.size()) / 2, 2}, std::vector<std::byte>(values.size() * sizeof(float))};
  std::memcpy(made.data.data(), values.data(), made.data.size());
  return made;
}

golden_case expects(const std::vector<float>& input, const std::vector<float>& output) {
  return {{tensor(input)}, {tensor(output)}, {true}, static_cast<std::uint32_t>(input.size() / 2)};
}

golden_case same(const std::vector<float>& values) {
  return expects(values, values);
}

std::shared_ptr<const golden_set> set_of(std::vector<golden_case> cases) {
  return std::make_shared<golden_set>(golden_set{{}, std::move(cases)});
}

/// The report, awaited.
class trial_outcome {
public:
  std::function<void(result<trial_report>)> callback() const {
    return [promise = promise_](result<trial_report> report) { promise->set_value(std::move(report)); };
  }
  bool arrived() const { return future_.wait_for(0s) == std::future_status::ready; }
  result<trial_report> get() const {
    BOOST_REQUIRE((future_.wait_for(10s) == std::future_status::ready));
    return future_.get();
  }
  /// Fails the test unless the trial failed.
  error failure() const {
    BOOST_REQUIRE(!get().ok());
    return get().failure();
  }

private:
  std::shared_ptr<std::promise<result<trial_report>>> promise_ = std::make_shared<std::promise<result<trial_report>>>();
  std::shared_future<result<trial_report>> future_ = promise_->get_future().share();
};

/// A scripted host on a real channel that no pool has attached.
struct fixture {
  explicit fixture(host_script script, const model_spec& given = identity_spec()) : spec(given) {
    target = std::make_shared<pool>(version_id{"m", 1}, spec, time, events);
    host = std::make_unique<scripted_host>(target, time, loop, std::move(script));
  }
  trial_outcome run(std::shared_ptr<const golden_set> golden, bool full_batch = false) {
    trial_outcome made;
    start_trial(host->channel(), {spec, std::move(golden), full_batch}, time, made.callback());
    return made;
  }

  model_spec spec;
  real_clock time;
  collected_events events;
  test_loop loop;
  std::shared_ptr<pool> target;
  std::unique_ptr<scripted_host> host;
};

host_script reporting(done_status status, std::string text) {
  return [status, text](const work_page& work, done_page& done, std::byte*) {
    done.sequence = work.sequence;
    done.status = static_cast<std::uint32_t>(status);
    done.text_size = static_cast<std::uint32_t>(text.size());
    std::memcpy(done.text, text.data(), text.size());
    return true;
  };
}

bool silent(const work_page&, done_page&, std::byte*) {
  return false;
}

/// Answers where it is, each output the input, after `takes`.
class sudden_runner final : public batch_runner {
public:
  explicit sudden_runner(sim_time& time) : time_(time) {}
  void start(batch work) override {
    BOOST_TEST(work.trial);
    BOOST_TEST(work.requests.size() == 1U);
    rows.push_back(work.rows);
    time_.move_to(time_.now() + takes);
    takes /= 2;
    auto outputs = work.requests[0]->inputs;
    answer(std::move(work.requests[0]), outputs);
  }

  std::chrono::nanoseconds takes{8ms};
  std::vector<std::uint32_t> rows;

private:
  sim_time& time_;
};

} // namespace

BOOST_AUTO_TEST_CASE(an_output_that_is_not_what_it_should_be_fails_the_trial_at_its_case) {
  fixture f(echo);
  auto failure = f.run(set_of({same({1, 2}), expects({1, 2, 3, 4}, {1, 2, 3, 5}), same({5, 6})})).failure();
  BOOST_TEST((failure.code == error_code::invalid_argument));
  BOOST_TEST(failure.message == "golden.json: case 1: output 'y'[1, 1]: expected 5, found 4 (tolerance 1e-05 + 0.0001 relative)");
  BOOST_TEST(f.host->served() == 2U);
}

BOOST_AUTO_TEST_CASE(an_output_that_is_not_finite_fails_the_trial_unless_the_spec_allows_it) {
  auto not_a_number = same({1, std::numeric_limits<float>::quiet_NaN()});
  auto spec = identity_spec();
  fixture strict(echo, spec);
  BOOST_TEST(strict.run(set_of({not_a_number})).failure().message.find("output 'y'[0, 1]: expected NaN, found NaN")
             != std::string::npos);
  spec.allow_non_finite = true;
  fixture lax(echo, spec);
  BOOST_TEST(lax.run(set_of({not_a_number})).get().ok());
}

BOOST_AUTO_TEST_CASE(an_error_that_the_model_raises_fails_the_trial_with_its_words) {
  fixture f(reporting(done_status::failed, "no such word"));
  auto failure = f.run(set_of({same({1, 2})})).failure();
  BOOST_TEST((failure.code == error_code::model_failed));
  BOOST_TEST(failure.message == "golden.json: case 0: the model failed: no such word");
}

BOOST_AUTO_TEST_CASE(exhausted_memory_fails_the_trial) {
  fixture f(reporting(done_status::exhausted, "wants 100 GB"));
  auto failure = f.run(set_of({same({1, 2})})).failure();
  BOOST_TEST((failure.code == error_code::model_failed));
  BOOST_TEST(failure.message == "golden.json: case 0: out of memory (limits.memory in model.toml): wants 100 GB");
}

BOOST_AUTO_TEST_CASE(a_host_that_dies_in_the_middle_makes_the_trial_unavailable) {
  std::promise<void> taken;
  fixture f([&](const work_page&, done_page&, std::byte*) { return taken.set_value(), false; });
  auto trial = f.run(set_of({same({1, 2}), same({3, 4})}));
  taken.get_future().wait();
  BOOST_TEST(!trial.arrived());
  f.host->channel()->abandon("signal:11");
  BOOST_TEST((trial.failure().code == error_code::unavailable));
  BOOST_TEST(trial.failure().message == "golden.json: case 0: its host died (signal:11)");
  BOOST_TEST(f.target->quiet());
}

BOOST_AUTO_TEST_CASE(a_host_that_was_dead_before_makes_the_trial_unavailable) {
  fixture f(silent);
  f.host->channel()->abandon("signal:9");
  auto failure = f.run(set_of({same({1, 2})})).failure();
  BOOST_TEST((failure.code == error_code::unavailable));
  BOOST_TEST(failure.message == "golden.json: case 0: its host died (it was gone before)");
}

BOOST_AUTO_TEST_CASE(a_host_that_lies_makes_the_trial_unavailable) {
  fixture f([](const work_page& work, done_page& done, std::byte* memory) {
    echo(work, done, memory);
    done.output_count = 2;
    return true;
  });
  auto failure = f.run(set_of({same({1, 2})})).failure();
  BOOST_TEST((failure.code == error_code::unavailable));
  BOOST_TEST(failure.message == "golden.json: case 0: its host died (bad_reply: 2 outputs instead of 1)");
}

BOOST_AUTO_TEST_CASE(a_batch_that_ran_past_its_timeout_is_overdue_and_fails_the_trial_as_the_models_fault) {
  fixture f(silent);
  auto trial = f.run(set_of({same({1, 2})}));
  BOOST_TEST(!f.host->channel()->overdue(f.time.now() + f.spec.batch_timeout / 2));
  BOOST_TEST(f.host->channel()->overdue(f.time.now() + 2 * f.spec.batch_timeout));
  f.host->channel()->abandon("batch_timeout");
  BOOST_TEST((trial.failure().code == error_code::model_failed));
  BOOST_TEST(trial.failure().message == "golden.json: case 0: ran past limits.batch_timeout (1 s)");
}

BOOST_AUTO_TEST_CASE(a_trial_is_nothing_that_its_pool_counts_and_the_runner_serves_the_pool_after_it) {
  fixture f(echo);
  auto trial = f.run(set_of({same({1, 2}), same({3, 4, 5, 6})}), true);
  BOOST_REQUIRE(trial.get().ok());
  BOOST_TEST(trial.get()->cases == 2U);
  BOOST_TEST(f.host->served() == 3U);
  auto counted = f.target->count();
  BOOST_TEST(counted.requests + counted.failures + counted.batches == 0U);
  f.target->attach(f.host->channel());
  auto result = std::make_shared<outcome>();
  f.target->submit(std::make_unique<recorded_request>(f.loop, std::vector<float>{7, 8}, 1, result));
  f.target->dispatch();
  BOOST_REQUIRE(result->wait());
  BOOST_TEST((result->values == std::vector<float>{7, 8}));
}

BOOST_AUTO_TEST_CASE(a_full_batch_has_max_batch_rows_of_zeros_and_its_outputs_are_not_looked_at) {
  std::atomic<std::uint32_t> rows{0};
  std::atomic<bool> all_zero{false};
  fixture f([&](const work_page& work, done_page& done, std::byte* memory) {
    rows = work.rows;
    auto first = reinterpret_cast<const float*>(memory + work.inputs[0].offset);
    all_zero = std::all_of(first, first + 16, [](float value) { return value == 0; });
    echo(work, done, memory);
    auto nan_value = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(memory + done.outputs[0].offset, &nan_value, sizeof nan_value);
    return true;
  });
  auto trial = f.run(nullptr, true);
  BOOST_REQUIRE(trial.get().ok());
  BOOST_TEST(trial.get()->cases == 0U);
  BOOST_TEST(rows == 8U);
  BOOST_TEST(all_zero);
}

BOOST_AUTO_TEST_CASE(an_error_on_a_full_batch_counts_only_if_no_dimension_was_guessed) {
  auto spec = identity_spec();
  fixture known(reporting(done_status::failed, "zeros won't do"), spec);
  auto trial = known.run(nullptr, true);
  BOOST_TEST((trial.failure().code == error_code::model_failed));
  BOOST_TEST(trial.failure().message == "a batch of 8 rows of zeros: the model failed: zeros won't do");
  spec.inputs[0].dims[1] = -1;
  fixture guessed(reporting(done_status::failed, "one column won't do"), spec);
  BOOST_TEST(guessed.run(nullptr, true).get().ok());
  fixture greedy(reporting(done_status::exhausted, "wants 100 GB"), spec);
  BOOST_TEST((greedy.run(nullptr, true).failure().code == error_code::model_failed));
}

BOOST_AUTO_TEST_CASE(a_full_batch_is_no_larger_than_the_bytes_that_a_batch_may_have) {
  auto spec = identity_spec();
  spec.max_batch = 1000;
  spec.input_bytes_max = 4096;
  sim_time time;
  auto runner = std::make_shared<sudden_runner>(time);
  trial_outcome trial;
  start_trial(runner, {spec, nullptr, true}, time, trial.callback());
  BOOST_REQUIRE(trial.get().ok());
  BOOST_TEST(runner->rows.at(0) == 512U);
}

BOOST_AUTO_TEST_CASE(the_report_has_the_slowest_batch) {
  sim_time time;
  auto runner = std::make_shared<sudden_runner>(time);
  trial_outcome trial;
  start_trial(runner, {identity_spec(), set_of({same({1, 2}), same({1, 2})}), true}, time, trial.callback());
  BOOST_REQUIRE(trial.get().ok());
  BOOST_TEST((trial.get()->slowest == 8ms));
}

BOOST_AUTO_TEST_CASE(a_thousand_cases_that_are_answered_where_they_are_asked_end_well) {
  sim_time time;
  auto runner = std::make_shared<sudden_runner>(time);
  trial_outcome trial;
  start_trial(runner, {identity_spec(), set_of(std::vector<golden_case>(golden_cases_max, same({1, 2}))), false}, time,
              trial.callback());
  BOOST_TEST(trial.get()->cases == golden_cases_max);
}

BOOST_AUTO_TEST_CASE(nothing_to_try_ends_at_once) {
  fixture f(silent);
  BOOST_TEST(f.run(nullptr).get().ok());
}

BOOST_AUTO_TEST_CASE(a_reply_and_a_death_that_race_end_the_trial_once) {
  for (int round = 0; round < 200; ++round) {
    fixture f(echo);
    std::atomic<int> ends{0};
    std::thread killer([&] { f.host->channel()->abandon("signal:9"); });
    start_trial(f.host->channel(), {f.spec, set_of({same({1, 2}), same({3, 4})}), true}, f.time,
                [&](const result<trial_report>&) { ++ends; });
    killer.join();
    BOOST_REQUIRE(eventually([&] { return ends > 0; }));
    f.loop.run([] {}); // whatever was under way is over
    BOOST_REQUIRE(ends == 1);
  }
}

#define BOOST_TEST_MODULE pool_statistics
#include "runtime/serving/pool_statistics.hpp"
#include "tests/support/sim_time.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

class silent_request final : public inference_request {
public:
  void on_outputs(const std::vector<tensor_view>&) override {}
  void on_error(const error&) override {}
};

struct fixture {
  sim_time time;
  statistics_counter counted{4};
  steady_time start = time.now();

  request_ptr arrived_at(std::chrono::nanoseconds offset) const {
    auto made = std::make_unique<silent_request>();
    made->arrived = start + offset;
    return made;
  }
  /// Requests that arrived at those moments, made into a batch at 10 ms and written at 11 ms.
  batch batch_of(std::uint32_t rows, const std::vector<std::chrono::nanoseconds>& arrivals) const {
    batch work;
    for (auto offset : arrivals)
      work.requests.push_back(arrived_at(offset));
    work.rows = rows;
    work.made = start + 10ms;
    work.begun = start + 11ms;
    return work;
  }
};

bool is(const timed_count& found, std::uint64_t count, std::chrono::nanoseconds span) {
  return found.count == count && found.ns == static_cast<std::uint64_t>(span.count());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_statistics_suite, fixture)

BOOST_AUTO_TEST_CASE(nothing_is_counted_before_anything_was_done) {
  auto found = counted.read(time);
  BOOST_TEST(is(found.success, 0, 0ns));
  BOOST_TEST(is(found.fail, 0, 0ns));
  BOOST_TEST(found.batch_sizes.empty());
  BOOST_TEST(!found.last_inference);
}

BOOST_AUTO_TEST_CASE(a_failure_is_counted_by_its_code_and_not_as_an_inference) {
  auto late = arrived_at(0ms);
  counted.add_failure(*late, error_code::deadline_exceeded, start + 5ms);
  counted.add_failure(*late, error_code::internal, start + 1ms);
  auto found = counted.read(time);
  BOOST_TEST(is(found.fail, 2, 6ms));
  BOOST_TEST(found.failures[static_cast<std::size_t>(error_code::deadline_exceeded)] == 1U);
  BOOST_TEST(found.failures[static_cast<std::size_t>(error_code::internal)] == 1U);
  BOOST_TEST(std::accumulate(found.failures.begin(), found.failures.end(), std::uint64_t{0}) == 2U);
  BOOST_TEST(found.executions == 0U);
}

BOOST_AUTO_TEST_CASE(the_times_of_a_batch_count_for_each_of_its_requests) {
  counted.add_answers(batch_of(3, {0ms, 8ms}), start + 15ms);
  counted.add_answering(2, 3, 1ms);
  auto found = counted.read(time);
  BOOST_TEST(is(found.success, 2, 15ms + 7ms + 2 * 1ms));
  BOOST_TEST(is(found.queue, 2, 10ms + 2ms));
  BOOST_TEST(is(found.compute_input, 2, 2 * 1ms));
  BOOST_TEST(is(found.compute_infer, 2, 2 * 4ms));
  BOOST_TEST(is(found.compute_output, 2, 2 * 1ms));
  BOOST_TEST(found.executions == 1U);
  BOOST_TEST(found.inferences == 3U);
}

BOOST_AUTO_TEST_CASE(batches_are_counted_by_their_rows_with_the_time_of_each_once) {
  counted.add_answers(batch_of(3, {0ms, 8ms}), start + 15ms);
  counted.add_answers(batch_of(3, {1ms}), start + 13ms);
  counted.add_answers(batch_of(1, {2ms}), start + 12ms);
  counted.add_answering(1, 3, 1ms);
  auto found = counted.read(time);
  BOOST_REQUIRE(found.batch_sizes.size() == 2U);
  BOOST_TEST(found.batch_sizes[0].rows == 1U);
  BOOST_TEST(is(found.batch_sizes[0].compute_infer, 1, 1ms));
  BOOST_TEST(found.batch_sizes[1].rows == 3U);
  BOOST_TEST(is(found.batch_sizes[1].compute_input, 2, 2ms));
  BOOST_TEST(is(found.batch_sizes[1].compute_infer, 2, 6ms));
  BOOST_TEST(is(found.batch_sizes[1].compute_output, 2, 1ms));
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_counts_one_row_a_request) {
  statistics_counter single(0);
  single.add_answers(batch_of(0, {0ms}), start + 12ms);
  auto found = single.read(time);
  BOOST_TEST(found.inferences == 1U);
  BOOST_REQUIRE(found.batch_sizes.size() == 1U);
  BOOST_TEST(found.batch_sizes[0].rows == 1U);
}

BOOST_AUTO_TEST_CASE(a_latency_falls_into_the_first_bucket_that_holds_it) {
  const std::vector<std::pair<std::chrono::nanoseconds, std::size_t>> examples = {
      {0ns, 0}, {100us, 0}, {100us + 1ns, 1}, {1ms, 3}, {10s, 15}, {10s + 1ns, 16}, {1h, 16}};
  for (const auto& [latency, bucket] : examples) {
    statistics_counter fresh(1);
    fresh.add_answers(batch_of(1, {0ms}), start + latency);
    BOOST_TEST(fresh.read(time).latency.buckets[bucket] == 1U, latency.count());
    BOOST_TEST(fresh.read(time).latency.sum_ns == static_cast<std::uint64_t>(latency.count()));
  }
}

BOOST_AUTO_TEST_CASE(the_last_inference_is_told_as_people_read_time) {
  counted.add_answers(batch_of(1, {0ms}), start + 12ms);
  time.move_to(start + 1s);
  auto found = counted.read(time);
  BOOST_REQUIRE(found.last_inference.has_value());
  BOOST_TEST((*found.last_inference == time.wall_now() - 988ms));
}

BOOST_AUTO_TEST_CASE(a_clock_that_differs_between_threads_gives_no_negative_time) {
  counted.add_answers(batch_of(1, {12ms}), start + 11ms);
  counted.add_answering(1, 1, -5ns);
  auto found = counted.read(time);
  BOOST_TEST(is(found.success, 1, 0ns));
  BOOST_TEST(is(found.queue, 1, 0ns));
}

BOOST_AUTO_TEST_CASE(what_requests_cost_is_told_in_sums) {
  counted.add_answers(batch_of(3, {0ms, 2ms}), start + 15ms);
  counted.add_answers(batch_of(1, {4ms}), start + 15ms);
  auto work = counted.work();
  auto found = counted.read(time);
  BOOST_TEST(work[work_kind::rows] == 4U);
  BOOST_TEST(work[work_kind::batches] == 2U);
  BOOST_TEST(work[work_kind::computed] == 3U);
  BOOST_TEST(work[work_kind::queue_us] == found.queue.ns / 1000);
  BOOST_TEST(work[work_kind::compute_us] == found.compute_infer.ns / 1000);
  BOOST_TEST(work[work_kind::cache_misses] == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

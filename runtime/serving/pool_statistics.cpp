#include "runtime/serving/pool_statistics.hpp"

#include <algorithm>

namespace troupe {

namespace {

using counter = std::atomic<std::uint64_t>;

void add(counter& to, std::uint64_t amount) {
  to.fetch_add(amount, std::memory_order_relaxed);
}

std::uint64_t value_of(const counter& from) {
  return from.load(std::memory_order_relaxed);
}

/// Clocks of two threads may differ by a tick, and requests that a test makes may arrive later than they are answered.
std::uint64_t span_ns(steady_time begin, steady_time end) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>((end - begin).count(), 0));
}

} // namespace

statistics_counter::statistics_counter(std::uint32_t batch_rows_max)
  : rows_max_(std::max(batch_rows_max, 1U)), sizes_(std::make_unique<size_class[]>(rows_max_)) {}

void statistics_counter::add_answers(const batch& work, steady_time done) {
  std::uint64_t waited = 0;
  std::uint64_t total = 0;
  for (const auto& request : work.requests) {
    auto latency = span_ns(request->arrived, done);
    waited += span_ns(request->arrived, work.made);
    total += latency;
    latency_.add(latency);
  }
  auto count = work.requests.size();
  auto input = span_ns(work.made, work.begun);
  auto infer = span_ns(work.begun, done);
  auto& size = of_rows(work.rows);
  add(answered_, count);
  add(answered_ns_, total);
  add(queue_ns_, waited);
  add(input_ns_, count * input);
  add(infer_ns_, count * infer);
  add(size.runs, 1);
  add(size.input_ns, input);
  add(size.infer_ns, infer);
  last_.store(done.time_since_epoch().count(), std::memory_order_relaxed);
}

void statistics_counter::add_answering(std::size_t requests, std::uint32_t rows, std::chrono::nanoseconds took) {
  auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
  add(answered_ns_, requests * ns);
  add(output_ns_, requests * ns);
  add(of_rows(rows).output_ns, ns);
}

void statistics_counter::add_look_up(const inference_request& request, bool hit, steady_time begun, steady_time now) {
  add(hit ? hits_ : misses_, 1);
  add(hit ? hits_ns_ : misses_ns_, span_ns(begun, now));
  if (!hit)
    return;
  auto latency = span_ns(request.arrived, now);
  add(answered_, 1);
  add(answered_ns_, latency);
  latency_.add(latency);
}

void statistics_counter::add_failure(const inference_request& request, error_code why, steady_time now) {
  add(failed_, 1);
  add(failed_ns_, span_ns(request.arrived, now));
  add(failures_[static_cast<std::size_t>(why)], 1);
}

std::uint64_t statistics_counter::failed() const {
  auto cancelled = value_of(failures_[static_cast<std::size_t>(error_code::cancelled)]);
  auto all = value_of(failed_);
  return all - std::min(all, cancelled);
}

work_counters statistics_counter::work() const {
  constexpr std::uint64_t ns_a_us = 1000;
  work_counters all;
  for (std::uint32_t rows = 1; rows <= rows_max_; ++rows) {
    auto runs = value_of(sizes_[rows - 1].runs);
    all[work_kind::batches] += runs;
    all[work_kind::rows] += runs * rows;
  }
  all[work_kind::cache_hits] = value_of(hits_); // before `answered_`, which must not be less
  all[work_kind::cache_misses] = value_of(misses_);
  all[work_kind::computed] = value_of(answered_) - std::min(value_of(answered_), all[work_kind::cache_hits]);
  all[work_kind::queue_us] = value_of(queue_ns_) / ns_a_us;
  all[work_kind::compute_us] = value_of(infer_ns_) / ns_a_us;
  return all;
}

pool_statistics statistics_counter::read(const clock& time) const {
  pool_statistics now;
  now.cache_hit = {value_of(hits_), value_of(hits_ns_)}; // before `answered`, which must not be less
  now.cache_miss = {value_of(misses_), value_of(misses_ns_)};
  now.success = {value_of(answered_), value_of(answered_ns_)};
  auto computed = now.success.count - std::min(now.success.count, now.cache_hit.count);
  now.fail = {value_of(failed_), value_of(failed_ns_)};
  now.queue = {computed, value_of(queue_ns_)};
  now.compute_input = {computed, value_of(input_ns_)};
  now.compute_infer = {computed, value_of(infer_ns_)};
  now.compute_output = {computed, value_of(output_ns_)};
  for (std::uint32_t rows = 1; rows <= rows_max_; ++rows) {
    const auto& size = sizes_[rows - 1];
    auto runs = value_of(size.runs);
    if (runs == 0)
      continue;
    now.executions += runs;
    now.inferences += runs * rows;
    now.batch_sizes.push_back(
        {rows, {runs, value_of(size.input_ns)}, {runs, value_of(size.infer_ns)}, {runs, value_of(size.output_ns)}});
  }
  if (auto last = last_.load(std::memory_order_relaxed); last != 0)
    now.last_inference = time.wall_now() - (time.now() - steady_time(std::chrono::nanoseconds(last)));
  now.latency = latency_.read();
  std::transform(failures_.begin(), failures_.end(), now.failures.begin(), value_of);
  return now;
}

statistics_counter::size_class& statistics_counter::of_rows(std::uint32_t rows) {
  return sizes_[std::clamp(rows, 1U, rows_max_) - 1];
}

} // namespace troupe

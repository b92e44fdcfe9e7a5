#include "tests/sim/sim_load.hpp"

#include "runtime/serving/pool.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/sim_loop.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

using namespace std::chrono_literals;

namespace {

/// All of one run.
struct world {
  explicit world(const sim_load_options& given)
    : options(given), target(std::make_shared<pool>(version_id{"load", 1}, given.spec, time, events)) {}

  const sim_load_options& options;
  sim_time time;
  rng chance{1};
  sim_loop loop{time, rng(2)};
  collected_events events;
  steady_time start = time.now();
  load_figures figures;
  bool hiccuped = false;
  std::vector<std::chrono::nanoseconds> latencies;
  std::shared_ptr<pool> target;
};

class counted_request final : public inference_request {
public:
  counted_request(world& w, const sim_arrival& from) : world_(w) {
    tensor_view input;
    input.rank = 1;
    input.dims[0] = 1;
    inputs.push_back(input);
    rows = 1;
    arrived = w.time.now();
    deadline = arrived + from.patience;
    priority = from.priority;
    loop = &w.loop;
  }
  void on_outputs(const std::vector<tensor_view>&) override {
    auto now = world_.time.now();
    ++(now <= deadline ? world_.figures.in_time : world_.figures.late);
    if (now <= deadline && priority == 1)
      ++world_.figures.in_time_of_high;
    world_.latencies.push_back(now - arrived);
  }
  void on_error(const error&) override { ++world_.figures.refused; }

private:
  world& world_;
};

class timed_runner final : public batch_runner {
public:
  explicit timed_runner(world& w) : world_(w) {}

  void start(batch work) override {
    held_ = std::move(work);
    held_.begun = world_.time.now();
    world_.time.after(run_time(), [this] { world_.loop.run([this] { finish(); }); });
  }

private:
  std::chrono::nanoseconds run_time() {
    const auto& options = world_.options;
    auto since = world_.time.now() - world_.start;
    auto ns = static_cast<double>((options.run_fixed + options.run_per_row * held_.rows).count());
    ns *= 1 + options.jitter * (2 * world_.chance.unit() - 1);
    ns *= since >= options.slow_from ? options.slow_factor : 1;
    auto span = std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
    if (since >= options.hiccup_at && !std::exchange(world_.hiccuped, true))
      span += options.hiccup;
    return span;
  }
  void finish() {
    auto done = std::exchange(held_, {});
    ++world_.figures.batches;
    world_.target->counted().add_answers(done, world_.time.now());
    world_.target->release(this);
    for (auto& request : done.requests)
      answer(std::move(request), {});
  }

  world& world_;
  batch held_;
};

/// Sends the next arrival once it is due, and then the one after it.
void send_from(world& w, const std::vector<sim_arrival>& arrivals, std::size_t next) {
  if (next == arrivals.size())
    return;
  w.time.after(w.start + arrivals[next].at - w.time.now(), [&w, &arrivals, next] {
    ++w.figures.sent;
    if (arrivals[next].priority == 1)
      ++w.figures.sent_of_high;
    w.loop.run([&] {
      w.target->submit(std::make_unique<counted_request>(w, arrivals[next]));
      w.target->dispatch();
    });
    send_from(w, arrivals, next + 1);
  });
}

} // namespace

std::vector<sim_arrival> steady_arrivals(std::uint64_t seed, double per_second, std::chrono::nanoseconds span,
                                         std::chrono::nanoseconds patience) {
  rng chance(seed);
  std::vector<sim_arrival> arrivals;
  std::chrono::duration<double> at{0};
  for (;;) {
    at += std::chrono::duration<double>(-std::log(1 - chance.unit()) / per_second);
    if (at >= span)
      return arrivals;
    arrivals.push_back({std::chrono::duration_cast<std::chrono::nanoseconds>(at), patience});
  }
}

std::vector<sim_arrival> bursty_arrivals(std::uint64_t seed, std::size_t count, std::chrono::nanoseconds interval,
                                         std::chrono::nanoseconds span, std::chrono::nanoseconds patience) {
  rng chance(seed);
  std::vector<sim_arrival> arrivals;
  for (std::chrono::nanoseconds begin{0}; begin < span; begin += interval)
    for (std::size_t i = 0; i < count; ++i)
      arrivals.push_back(
          {begin + std::chrono::nanoseconds(chance.below(static_cast<std::uint64_t>(interval.count()) / 10)), patience});
  std::sort(arrivals.begin(), arrivals.end(), [](const sim_arrival& a, const sim_arrival& b) { return a.at < b.at; });
  return arrivals;
}

load_figures sim_load::run(const std::vector<sim_arrival>& arrivals) const {
  world w(options_);
  for (std::size_t i = 0; i < options_.runners; ++i)
    w.target->attach(std::make_shared<timed_runner>(w));
  send_from(w, arrivals, 0);
  auto next_tick = w.start;
  while (auto next = w.time.next()) {
    w.time.move_to(*next);
    for (; next_tick <= w.time.now(); next_tick += 50ms)
      w.target->expire(w.time.now());
    w.time.run_one();
  }
  w.target->expire(steady_time::max());
  std::sort(w.latencies.begin(), w.latencies.end());
  if (!w.latencies.empty()) {
    w.figures.p99 = w.latencies[w.latencies.size() * 99 / 100];
    w.figures.slowest = w.latencies.back();
  }
  return w.figures;
}

} // namespace troupe

#include "tests/bench/bare_channel.hpp"

#include "runtime/base/model_folder.hpp"
#include "runtime/cli/latency_histogram.hpp"
#include "runtime/serving/process_hosts.hpp"
#include "tests/bench/in_child.hpp"
#include "tests/bench/process_stats.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/test_loop.hpp"

#include <algorithm>
#include <fcntl.h>
#include <future>

namespace troupe::bench {

namespace {

using channel_clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};

/// Keeps requests in flight, as a gateway's loop would. Lives on that loop, but for `run`.
class channel_load {
public:
  channel_load(event_loop& loop, std::shared_ptr<pool> target, const named_tensor& input)
    : loop_(loop), target_(std::move(target)), input_(input) {}

  latency_summary run(std::uint32_t concurrency, std::chrono::nanoseconds span) {
    latencies_ = {};
    done_ = {};
    direct_ = concurrency == 1;
    left_ = concurrency;
    until_ = channel_clock::now() + span;
    loop_.post([this, concurrency] {
      for (std::uint32_t i = 0; i < concurrency; ++i)
        send();
    });
    if (done_.get_future().wait_for(patience) != std::future_status::ready)
      throw std::runtime_error("the host does not answer");
    return latencies_.summary();
  }

  void on_answer(steady_time begun) {
    auto now = channel_clock::now();
    latencies_.record(now - begun);
    if (now < until_)
      send();
    else if (--left_ == 0)
      done_.set_value();
  }

private:
  class request;

  void send();
  /// Once a turn, as a gateway's loop does, so that what was sent together runs together.
  void dispatch() {
    if (direct_)
      return target_->dispatch();
    if (std::exchange(waiting_, true))
      return;
    loop_.post([this] {
      waiting_ = false;
      target_->dispatch();
    });
  }

  event_loop& loop_;
  std::shared_ptr<pool> target_;
  const named_tensor& input_;
  latency_histogram latencies_;
  std::promise<void> done_;
  channel_clock::time_point until_;
  std::uint32_t left_ = 0;
  bool direct_ = false;
  bool waiting_ = false;
};

class channel_load::request final : public inference_request {
public:
  request(channel_load& load, const named_tensor& input, event_loop& on) : load_(load) {
    tensor_view view;
    view.type = input.type;
    view.rank = static_cast<std::uint8_t>(input.dims.size());
    std::copy(input.dims.begin(), input.dims.end(), view.dims);
    view.data = input.data.data();
    view.size = input.data.size();
    inputs = {view};
    rows = 1;
    arrived = channel_clock::now();
    deadline = arrived + patience;
    loop = &on;
  }
  void on_outputs(const std::vector<tensor_view>&) override { load_.on_answer(arrived); }
  void on_error(const error& failure) override {
    std::fprintf(stderr, "troupe_bench: bare channel: %s\n", failure.message.c_str());
    load_.on_answer(arrived);
  }

private:
  channel_load& load_;
};

void channel_load::send() {
  target_->submit(std::make_unique<request>(*this, input_, loop_));
  dispatch();
}

/// Waits for what a callback brings; throws what it brings instead.
template <class T>
T arrived(std::future<result<T>> coming) {
  if (coming.wait_for(patience) != std::future_status::ready)
    throw std::runtime_error("no host came up");
  auto outcome = coming.get();
  if (!outcome)
    throw std::runtime_error(outcome.failure().message);
  return std::move(outcome).value();
}

channel_figures run(const lab& room, const std::string& model, const named_tensor& input, std::uint32_t concurrency) {
  auto folder = read_model_folder(room.model_folder(model));
  if (!folder)
    throw std::runtime_error(folder.failure().message);
  real_clock time;
  collected_events events;
  test_loop loop;
  host_watch watch(time);
  process_hosts hosts({room.binary("troupe-host"), {&loop}, time, watch, events});
  auto target = std::make_shared<pool>(version_id{model, 1}, folder->spec, time, events);

  using loaded = result<std::unique_ptr<version_template>>;
  using forked = result<std::unique_ptr<replica_host>>;
  std::promise<loaded> load;
  std::promise<forked> fork;
  int file = ::open(folder->model_path.c_str(), O_RDONLY | O_CLOEXEC);
  auto loading =
      hosts.load(target->id(), folder->spec, file, {[&](loaded made) { load.set_value(std::move(made)); }, [](auto&&) {}});
  auto version = arrived(load.get_future());
  version->fork_replica(1, target, {[&](forked made) { fork.set_value(std::move(made)); }, [](auto&&) {}});
  auto host = arrived(fork.get_future());
  target->attach(host->runner());

  channel_load requests(loop, target, input);
  requests.run(concurrency, room.span() / 4);
  auto cpu = cpu_time(::getpid());
  auto begun = channel_clock::now();
  auto latency = requests.run(concurrency, room.span());
  std::chrono::duration<double> elapsed = channel_clock::now() - begun;
  auto count = static_cast<double>(latency.count);
  auto cpu_us = static_cast<double>((cpu_time(::getpid()) - cpu).count()) / 1000;
  return {count / elapsed.count(), static_cast<double>(latency.p50.count()) / 1000, cpu_us / count};
}

} // namespace

channel_figures run_bare_channel(lab& room, const std::string& model, const named_tensor& input, std::uint32_t concurrency) {
  return in_child<channel_figures>([&] { return run(room, model, input, concurrency); }).get();
}

} // namespace troupe::bench

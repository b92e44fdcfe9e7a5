#include "runtime/cli/load.hpp"

#include "runtime/cli/precise_timer.hpp"

#include <algorithm>

namespace troupe {

namespace {

using load_clock = std::chrono::steady_clock; // real by nature: it measures
using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds progress_interval{200};

/// What both kinds of loop share: asking, counting, and noticing that nothing comes any more.
class load_run {
public:
  load_run(client_loop& loop, const std::vector<load_channel*>& channels, const load_options& options)
    : options_(options), loop_(loop), channels_(channels), started_(load_clock::now()), last_answer_(started_),
      waiting_since_(started_) {}

  load_report run() {
    using end = std::optional<command_failure>;
    const auto& address = channels_.front()->address();
    end broken_off;
    try {
      broken_off = all()
                       .then([] { return end(); })
                       .exclusiveJoin(silence().then([&] { return end(timeout_failure(options_.silence_max, address)); }))
                       .exclusiveJoin(loop_.interrupted().then([this] { return loop_.interruption(); }))
                       .exclusiveJoin(progress().then([] { return end(); }))
                       .wait(loop_.scope());
    } catch (const kj::Exception& e) {
      broken_off = failure_of(e, address);
    }
    count_unsent();
    auto report = tally_.report(last_answer_ - started_);
    report.broken_off = broken_off;
    return report;
  }

protected:
  ~load_run() = default;
  /// Done once the last request is answered.
  virtual kj::Promise<void> all() = 0;
  /// Into the tally, at the end.
  virtual void count_unsent() {}

  /// Its latency counts from `due`.
  kj::Promise<void> ask(load_clock::time_point due) {
    if (in_flight_++ == 0)
      waiting_since_ = load_clock::now();
    auto index = sent_++;
    return channels_[index % channels_.size()]->ask(index).then([this, due](result<void>&& answer) { on_answer(answer, due); });
  }

  bool out_of_requests() const { return sent_ == options_.count || (options_.is_over && options_.is_over()); }
  nanoseconds since_start() const { return load_clock::now() - started_; }

  const load_options& options_;
  client_loop& loop_;
  load_tally tally_;
  const std::vector<load_channel*>& channels_;
  const load_clock::time_point started_;
  std::uint32_t in_flight_ = 0;

private:
  void on_answer(const result<void>& answer, load_clock::time_point due) {
    --in_flight_;
    last_answer_ = waiting_since_ = load_clock::now();
    if (answer)
      tally_.on_outputs(last_answer_ - due);
    else
      tally_.on_refusal(answer.failure());
  }

  kj::Promise<void> after(nanoseconds length) { return loop_.timer().afterDelay(length.count() * kj::NANOSECONDS); }

  /// Done once something is in flight and nothing has come for too long.
  kj::Promise<void> silence() {
    auto left = in_flight_ == 0 ? options_.silence_max : options_.silence_max - (load_clock::now() - waiting_since_);
    if (left.count() <= 0)
      return kj::READY_NOW;
    return after(left).then([this] { return silence(); });
  }

  /// Never done.
  kj::Promise<void> progress() {
    if (!options_.on_progress)
      return kj::NEVER_DONE;
    return after(progress_interval).then([this] {
      options_.on_progress(tally_.report(since_start()));
      return progress();
    });
  }

  load_clock::time_point last_answer_;
  load_clock::time_point waiting_since_;
  std::uint64_t sent_ = 0;
};

/// Lanes, each a call at a time.
class closed_loop final : public load_run {
public:
  using load_run::load_run;

private:
  kj::Promise<void> all() override {
    auto lanes = std::min<std::uint64_t>(options_.concurrency, options_.count);
    auto running = kj::heapArrayBuilder<kj::Promise<void>>(lanes);
    for (std::uint64_t i = 0; i < lanes; ++i)
      running.add(lane());
    return kj::joinPromises(running.finish());
  }

  kj::Promise<void> lane() {
    if (out_of_requests() || (options_.time_limit.count() > 0 && since_start() >= options_.time_limit))
      return kj::READY_NOW;
    return ask(load_clock::now()).then([this] { return lane(); });
  }
};

/// One pacer, which sends what is due as long as there is room.
class open_loop final : public load_run, private kj::TaskSet::ErrorHandler {
public:
  open_loop(client_loop& loop, const std::vector<load_channel*>& channels, const load_options& options)
    : load_run(loop, channels, options), timer_(loop.events()),
      schedule_(options.rate->kind, options.rate->per_second, options.rate->seed), due_(schedule_.next()), asked_(*this) {}

private:
  kj::Promise<void> all() override {
    auto broken = kj::newPromiseAndFulfiller<void>();
    broken_ = kj::mv(broken.fulfiller);
    return pace().then([this] { return asked_.onEmpty(); }).exclusiveJoin(kj::mv(broken.promise));
  }

  kj::Promise<void> pace() {
    while (in_flight_ < load_in_flight_max) {
      if (out_of_requests() || beyond(due_))
        return kj::READY_NOW;
      if (due_ > since_start())
        return timer_.at(started_ + due_).then([this] { return pace(); });
      send_due();
    }
    if (beyond(since_start()))
      return kj::READY_NOW;
    auto room = kj::newPromiseAndFulfiller<void>();
    room_ = kj::mv(room.fulfiller);
    return room.promise.then([this] { return pace(); });
  }

  bool beyond(nanoseconds moment) const { return options_.time_limit.count() > 0 && moment >= options_.time_limit; }

  void send_due() {
    asked_.add(ask(started_ + due_).then([this] {
      if (auto waiting = kj::mv(room_); waiting.get() != nullptr)
        waiting->fulfill();
    }));
    due_ = schedule_.next();
  }

  void count_unsent() override {
    auto now = since_start();
    for (; due_ < now && !beyond(due_) && !out_of_requests(); due_ = schedule_.next())
      tally_.on_unsent(1);
  }

  void taskFailed(kj::Exception&& e) override { broken_->reject(kj::mv(e)); }

  precise_timer timer_;
  arrival_schedule schedule_;
  nanoseconds due_;
  kj::Own<kj::PromiseFulfiller<void>> room_;   ///< wakes the pacer; null while it needs nobody
  kj::Own<kj::PromiseFulfiller<void>> broken_; ///< ends the load
  kj::TaskSet asked_;
};

} // namespace

load_report run_load(client_loop& loop, const std::vector<load_channel*>& channels, const load_options& options) {
  if (options.rate)
    return open_loop(loop, channels, options).run();
  return closed_loop(loop, channels, options).run();
}

} // namespace troupe

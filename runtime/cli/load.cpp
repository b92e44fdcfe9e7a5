#include "runtime/cli/load.hpp"

#include "runtime/cli/wire.hpp"

#include <algorithm>

namespace troupe {

namespace {

using load_clock = std::chrono::steady_clock; // real by nature: it measures

/// `concurrency` lanes on one loop, each a call at a time.
class load_run {
public:
  load_run(client& node, const load_options& options)
    : options_(options), inference_(node.inference()), timer_(node.timer()), started_(load_clock::now()), last_answer_(started_) {
    latencies_.reserve(options.time_limit.count() == 0 ? options.count : 0);
  }

  /// True once every lane is done, false if the node went silent.
  kj::Promise<bool> run() {
    auto lanes = std::min<std::uint64_t>(options_.concurrency, options_.count);
    auto running = kj::heapArrayBuilder<kj::Promise<void>>(lanes);
    for (std::uint64_t i = 0; i < lanes; ++i)
      running.add(lane());
    return kj::joinPromises(running.finish()).then([] { return true; }).exclusiveJoin(watch_silence());
  }

  load_report report() {
    report_.latency = summarize(std::move(latencies_));
    report_.elapsed = last_answer_ - started_;
    return std::move(report_);
  }

private:
  kj::Promise<void> lane() {
    if (sent_ == options_.count || (options_.time_limit.count() > 0 && load_clock::now() - started_ >= options_.time_limit))
      return kj::READY_NOW;
    auto index = sent_++;
    auto begun = load_clock::now();
    auto call = options_.requests[index % options_.requests.size()]->call(inference_);
    return call.send().then([this, index, begun](capnp::Response<schema::Inference::InferResults>&& results) {
      on_answer(index, begun, results.getResponse());
      return lane();
    });
  }

  void on_answer(std::uint64_t index, load_clock::time_point begun, schema::InferResponse::Reader response) {
    last_answer_ = load_clock::now();
    if (response.getError().getCode() == schema::Code::OK) {
      ++report_.answered;
      latencies_.push_back(last_answer_ - begun);
    } else {
      count_error(error_of(response.getError()));
    }
    if (options_.on_answer)
      options_.on_answer(index, response);
  }

  void count_error(const error& refusal) {
    ++report_.failed;
    ++report_.errors[std::string(to_string(refusal.code))];
    if (report_.first_error.empty())
      report_.first_error = refusal.message;
  }

  kj::Promise<bool> watch_silence() {
    auto left = options_.silence_max - (load_clock::now() - last_answer_);
    if (left.count() <= 0)
      return false;
    return timer_.afterDelay(left.count() * kj::NANOSECONDS).then([this] { return watch_silence(); });
  }

  const load_options& options_;
  schema::Inference::Client inference_;
  kj::Timer& timer_;
  load_clock::time_point started_;
  load_clock::time_point last_answer_;
  std::uint64_t sent_ = 0;
  std::vector<std::chrono::nanoseconds> latencies_;
  load_report report_;
};

} // namespace

double load_report::requests_per_second() const {
  return elapsed.count() == 0 ? 0 : static_cast<double>(answered) * 1e9 / static_cast<double>(elapsed.count());
}

load_report run_load(client& node, const load_options& options) {
  load_run run(node, options);
  bool answered = false;
  try {
    answered = run.run().wait(node.wait_scope());
  } catch (const kj::Exception& e) {
    throw node.failure_of(e);
  }
  if (!answered)
    throw node.timeout_failure(options.silence_max);
  return run.report();
}

} // namespace troupe

#include "runtime/serving/pool.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Rows as the queue counts them: a request of a model without batches counts as one.
std::uint32_t queue_rows(const inference_request& request) {
  return std::max(request.rows, 1U);
}

/// Whether the requests agree in every dimension but the first, so that their inputs can be concatenated. Their ranks and datatypes are
/// the model's.
bool alike(const inference_request& a, const inference_request& b) {
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    for (std::size_t d = 1; d < a.inputs[i].rank; ++d)
      if (a.inputs[i].dims[d] != b.inputs[i].dims[d])
        return false;
  return true;
}

error removed(const version_id& id) {
  return {error_code::unavailable, "deployment '" + id.deployment + "' is being replaced or removed; retry"};
}

error waited_too_long() {
  return {error_code::deadline_exceeded, "waited past its deadline"};
}

} // namespace

pool::pool(version_id id, model_spec spec, const clock& time, event_sink& events)
  : id_(std::move(id)), spec_(std::move(spec)), clock_(time), events_(events), counted_(spec_.max_batch) {}

pool::~pool() {
  close(true);
}

result<void> pool::admit(const inference_request& request, const std::optional<quarantine::digest>& input) const {
  if (phase_ != phase::open)
    return removed(id_);
  if (queued_rows_ + queue_rows(request) > spec_.queue_rows_max)
    return error{error_code::overloaded, "deployment '" + id_.deployment + "' has " + std::to_string(queued_rows_)
                                             + " rows waiting, the limit is " + std::to_string(spec_.queue_rows_max)
                                             + " (queue_rows in model.toml); retry later or add replicas"};
  if (request.deadline <= clock_.now())
    return error{error_code::deadline_exceeded, "the deadline had passed when the request arrived"};
  if (input && quarantine_.holds(*input))
    return error{error_code::poisoned,
                 "this input crashed two replicas of '" + id_.deployment + "' and is quarantined; do not retry it"};
  return {};
}

void pool::submit(request_ptr request) {
  request->bytes = 0;
  for (const auto& input : request->inputs)
    request->bytes += input.size;
  std::optional<quarantine::digest> input;
  if (has_quarantined_.load(std::memory_order_acquire))
    input = quarantine::digest_of(*request);
  std::unique_lock lock(mutex_);
  auto admitted = admit(*request, input);
  if (admitted) {
    queued_rows_ += queue_rows(*request);
    queue_.push_back(std::move(request));
    return;
  }
  lock.unlock();
  counted_.add_failure(*request, admitted.failure().code, clock_.now());
  refuse(std::move(request), admitted.failure());
}

void pool::dispatch() {
  for (;;) {
    std::vector<request_ptr> expired;
    std::shared_ptr<batch_runner> runner;
    batch work;
    {
      std::lock_guard lock(mutex_);
      auto idle = std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return !s.busy && !s.detached; });
      if (idle != slots_.end() && !queue_.empty()) {
        work = take(expired);
        idle->busy = !work.requests.empty();
        runner = idle->runner;
      }
    }
    refuse_counted(std::move(expired), waited_too_long());
    if (work.requests.empty())
      return;
    runner->start(std::move(work));
  }
}

void pool::attach(std::shared_ptr<batch_runner> runner) {
  {
    std::lock_guard lock(mutex_);
    slots_.push_back({std::move(runner)});
  }
  dispatch();
}

bool pool::detach(const batch_runner* runner) {
  std::lock_guard lock(mutex_);
  auto found = find(runner);
  if (found == nullptr)
    return true;
  if (!found->busy) {
    erase(found);
    return true;
  }
  found->detached = true;
  return false;
}

void pool::remove(const batch_runner* runner) {
  std::lock_guard lock(mutex_);
  if (auto found = find(runner); found != nullptr)
    erase(found);
}

void pool::release(batch_runner* runner) {
  std::vector<request_ptr> expired;
  std::shared_ptr<batch_runner> keep;
  batch work;
  {
    std::lock_guard lock(mutex_);
    auto found = find(runner);
    if (found == nullptr)
      return;
    keep = found->runner;
    if (found->detached) {
      erase(found);
    } else {
      work = take(expired);
      found->busy = !work.requests.empty();
    }
  }
  refuse_counted(std::move(expired), waited_too_long());
  if (!work.requests.empty())
    keep->start(std::move(work));
}

void pool::requeue(batch work) {
  put_back(std::move(work.requests));
  dispatch();
}

void pool::retry_alone(batch work) {
  for (auto& request : work.requests)
    request->alone = true;
  put_back(std::move(work.requests));
  dispatch();
}

void pool::fail(batch work, const std::string& reason) {
  std::vector<request_ptr> again;
  std::vector<request_ptr> poisoned;
  for (auto& request : work.requests) {
    ++request->crashes;
    request->alone = true;
    (request->crashes < 2 ? again : poisoned).push_back(std::move(request));
  }
  put_into_quarantine(poisoned, reason);
  refuse_counted(std::move(poisoned),
                 {error_code::poisoned, "this input crashed two replicas of '" + id_.deployment + "' ("
                                            + (reason == "batch_timeout" ? "ran past limits.batch_timeout" : reason)
                                            + ") and is quarantined; do not retry it"});
  put_back(std::move(again));
  dispatch();
}

void pool::put_into_quarantine(const std::vector<request_ptr>& poisoned, const std::string& reason) {
  for (const auto& request : poisoned) {
    auto input = quarantine::digest_of(*request);
    {
      std::lock_guard lock(mutex_);
      quarantine_.add(input);
    }
    has_quarantined_.store(true, std::memory_order_release);
    events_.emit({clock_.wall_now(),
                  severity::error,
                  "request_quarantined",
                  {{"deployment", id_.deployment}, {"version", std::to_string(id_.number)}, {"reason", reason}},
                  "pool"});
  }
}

void pool::expire(steady_time now) {
  std::vector<request_ptr> expired;
  {
    std::lock_guard lock(mutex_);
    auto late = std::stable_partition(queue_.begin(), queue_.end(), [now](const request_ptr& r) { return r->deadline > now; });
    for (auto it = late; it != queue_.end(); ++it) {
      queued_rows_ -= queue_rows(**it);
      expired.push_back(std::move(*it));
    }
    queue_.erase(late, queue_.end());
  }
  refuse_counted(std::move(expired), waited_too_long());
}

void pool::close(bool refuse_waiting) {
  std::vector<request_ptr> left;
  {
    std::lock_guard lock(mutex_);
    phase_ = refuse_waiting || phase_ == phase::refusing ? phase::refusing : phase::draining;
    while (phase_ == phase::refusing && !queue_.empty())
      left.push_back(remove_at(0));
  }
  refuse_counted(std::move(left), removed(id_));
}

bool pool::is_cut_short() const {
  std::lock_guard lock(mutex_);
  return phase_ == phase::refusing;
}

bool pool::quiet() const {
  std::lock_guard lock(mutex_);
  return queue_.empty() && std::none_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.busy; });
}

pool::counters pool::count() const {
  counters now;
  now.requests = counted_.answered();
  now.failures = counted_.failed();
  now.batches = batches_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  now.queued_rows = queued_rows_;
  now.runners = static_cast<std::uint32_t>(slots_.size());
  return now;
}

batch pool::take(std::vector<request_ptr>& expired) {
  batch work;
  work.made = clock_.now();
  look_at_front(work.made, expired);
  auto count = plan_batch(scratch_, {spec_.max_batch, spec_.input_bytes_max});
  work.requests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    work.rows += queue_.front()->rows;
    work.requests.push_back(remove_at(0));
  }
  if (count > 0)
    batches_.fetch_add(1, std::memory_order_relaxed);
  return work;
}

void pool::look_at_front(steady_time now, std::vector<request_ptr>& expired) {
  scratch_.clear();
  while (scratch_.size() < std::min<std::size_t>(queue_.size(), std::max(spec_.max_batch, 1U))) {
    const auto& next = *queue_[scratch_.size()];
    if (next.deadline <= now)
      expired.push_back(remove_at(scratch_.size()));
    else
      scratch_.push_back({next.rows, next.alone, alike(*queue_.front(), next) ? 0U : 1U, next.bytes});
  }
}

request_ptr pool::remove_at(std::size_t index) {
  auto taken = std::move(queue_[index]);
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
  queued_rows_ -= queue_rows(*taken);
  return taken;
}

void pool::put_back(std::vector<request_ptr> requests) {
  {
    std::lock_guard lock(mutex_);
    for (auto it = requests.rbegin(); phase_ != phase::refusing && it != requests.rend(); ++it) {
      queued_rows_ += queue_rows(**it);
      queue_.push_front(std::move(*it));
    }
    if (phase_ != phase::refusing)
      return;
  }
  refuse_counted(std::move(requests), removed(id_));
}

pool::slot* pool::find(const batch_runner* runner) {
  auto found = std::find_if(slots_.begin(), slots_.end(), [runner](const slot& s) { return s.runner.get() == runner; });
  return found == slots_.end() ? nullptr : &*found;
}

void pool::erase(const slot* gone) {
  slots_.erase(slots_.begin() + (gone - slots_.data()));
}

void pool::refuse_counted(std::vector<request_ptr> requests, const error& why) {
  for (auto& request : requests) {
    counted_.add_failure(*request, why.code, clock_.now());
    refuse(std::move(request), why);
  }
}

} // namespace troupe

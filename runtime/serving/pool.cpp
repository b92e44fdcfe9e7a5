#include "runtime/serving/pool.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Rows as the queue counts them: a request of a model without batches counts as one.
std::uint32_t queue_rows(const inference_request& request) {
  return std::max(request.rows, 1U);
}

/// FNV-1a over every dimension but the first, so that only requests whose inputs can be concatenated share a batch.
std::uint64_t form_of(const inference_request& request) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  auto mix = [&hash](std::int64_t value) { hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001b3ULL; };
  for (const auto& input : request.inputs) {
    mix(input.rank);
    for (std::size_t i = 1; i < input.rank; ++i)
      mix(input.dims[i]);
  }
  return hash;
}

} // namespace

pool::pool(version_id id, model_spec spec, const clock& time, event_sink& events)
  : id_(std::move(id)), spec_(std::move(spec)), clock_(time), events_(events) {}

pool::~pool() {
  close(true);
}

result<void> pool::admit(const inference_request& request) const {
  if (closed_)
    return error{error_code::unavailable, "deployment '" + id_.deployment + "' is being replaced or removed; retry"};
  if (queued_rows_ + queue_rows(request) > spec_.queue_rows_max)
    return error{error_code::overloaded, "deployment '" + id_.deployment + "' has " + std::to_string(queued_rows_)
                                             + " rows waiting, the limit is " + std::to_string(spec_.queue_rows_max)
                                             + " (queue_rows in model.toml); retry later or add replicas"};
  if (request.deadline <= clock_.now())
    return error{error_code::deadline_exceeded, "the deadline had passed when the request arrived"};
  if (quarantine_.size() > 0 && quarantine_.holds(request))
    return error{error_code::poisoned, "this input crashed two replicas of '" + id_.deployment + "' and is quarantined; do not retry it"};
  return {};
}

void pool::submit(request_ptr request) {
  request->form = form_of(*request);
  request->bytes = 0;
  for (const auto& input : request->inputs)
    request->bytes += input.size;
  std::unique_lock lock(mutex_);
  auto admitted = admit(*request);
  if (admitted) {
    queued_rows_ += queue_rows(*request);
    queue_.push_back(std::move(request));
    return;
  }
  lock.unlock();
  failed_.fetch_add(1, std::memory_order_relaxed);
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
    refuse_counted(std::move(expired), {error_code::deadline_exceeded, "waited past its deadline"});
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
  refuse_counted(std::move(expired), {error_code::deadline_exceeded, "waited past its deadline"});
  if (!work.requests.empty())
    keep->start(std::move(work));
}

void pool::requeue(batch work) {
  push_front(std::move(work.requests));
  dispatch();
}

void pool::retry_alone(batch work) {
  for (auto& request : work.requests)
    request->alone = true;
  push_front(std::move(work.requests));
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
  if (!poisoned.empty()) {
    std::lock_guard lock(mutex_);
    for (const auto& request : poisoned)
      quarantine_.add(*request);
  }
  for (std::size_t i = 0; i < poisoned.size(); ++i)
    events_.emit({clock_.wall_now(), severity::error, "request_quarantined",
                  {{"deployment", id_.deployment}, {"version", std::to_string(id_.number)}, {"reason", reason}}});
  refuse_counted(std::move(poisoned), {error_code::poisoned, "this input crashed two replicas of '" + id_.deployment
                                                                 + "' (" + reason + ") and is quarantined; do not retry it"});
  push_front(std::move(again));
  dispatch();
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
  refuse_counted(std::move(expired), {error_code::deadline_exceeded, "waited past its deadline"});
}

void pool::close(bool refuse_waiting) {
  std::vector<request_ptr> left;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    while (refuse_waiting && !queue_.empty())
      left.push_back(pop_front());
  }
  refuse_counted(std::move(left), {error_code::unavailable, "deployment '" + id_.deployment + "' was removed"});
}

bool pool::quiet() const {
  std::lock_guard lock(mutex_);
  return queue_.empty() && std::none_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.busy; });
}

pool::counters pool::count() const {
  counters now;
  now.requests = answered_.load(std::memory_order_relaxed);
  now.failures = failed_.load(std::memory_order_relaxed);
  now.batches = batches_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  now.queued_rows = queued_rows_;
  now.runners = static_cast<std::uint32_t>(slots_.size());
  return now;
}

void pool::count_answers(std::uint64_t answered, std::uint64_t failed) {
  answered_.fetch_add(answered, std::memory_order_relaxed);
  failed_.fetch_add(failed, std::memory_order_relaxed);
}

batch pool::take(std::vector<request_ptr>& expired) {
  take_expired_front(clock_.now(), expired);
  batch work;
  scratch_.clear();
  auto seen = std::min<std::size_t>(queue_.size(), std::max(spec_.max_batch, 1U));
  for (std::size_t i = 0; i < seen; ++i) {
    const auto& next = *queue_[i];
    scratch_.push_back({next.rows, next.alone, next.form, next.bytes});
  }
  auto count = plan_batch(scratch_, {spec_.max_batch, spec_.input_bytes_max});
  work.requests.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    work.rows += queue_.front()->rows;
    work.requests.push_back(pop_front());
  }
  if (count > 0)
    batches_.fetch_add(1, std::memory_order_relaxed);
  return work;
}

void pool::take_expired_front(steady_time now, std::vector<request_ptr>& expired) {
  while (!queue_.empty() && queue_.front()->deadline <= now)
    expired.push_back(pop_front());
}

request_ptr pool::pop_front() {
  auto first = std::move(queue_.front());
  queue_.pop_front();
  queued_rows_ -= queue_rows(*first);
  return first;
}

void pool::push_front(std::vector<request_ptr> requests) {
  std::lock_guard lock(mutex_);
  for (auto it = requests.rbegin(); it != requests.rend(); ++it) {
    queued_rows_ += queue_rows(**it);
    queue_.push_front(std::move(*it));
  }
}

pool::slot* pool::find(const batch_runner* runner) {
  auto found = std::find_if(slots_.begin(), slots_.end(), [runner](const slot& s) { return s.runner.get() == runner; });
  return found == slots_.end() ? nullptr : &*found;
}

void pool::erase(const slot* gone) {
  slots_.erase(slots_.begin() + (gone - slots_.data()));
}

void pool::refuse_counted(std::vector<request_ptr> requests, const error& why) {
  failed_.fetch_add(requests.size(), std::memory_order_relaxed);
  for (auto& request : requests)
    refuse(std::move(request), why);
}

} // namespace troupe

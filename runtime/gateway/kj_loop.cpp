#include "runtime/gateway/kj_loop.hpp"

#include <kj/debug.h>

#include <algorithm>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// Takes what KJ would print.
class complaint_callback final : public kj::ExceptionCallback {
public:
  explicit complaint_callback(const kj_loop::complaint_handler& handler) : handler_(handler) {}

  void logMessage(kj::LogSeverity, const char* file, int line, int, kj::String&& text) override {
    handler_(std::string(file) + ":" + std::to_string(line) + ": " + text.cStr());
  }

private:
  const kj_loop::complaint_handler& handler_;
};

class complaining_errors final : public kj::TaskSet::ErrorHandler {
public:
  explicit complaining_errors(const kj_loop::complaint_handler& handler) : handler_(handler) {}

  void taskFailed(kj::Exception&& failure) override { handler_(kj::str(failure.getDescription()).cStr()); }

private:
  const kj_loop::complaint_handler& handler_;
};

void read_counter(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] auto got = ::read(fd, &count, sizeof count);
}

} // namespace

struct kj_loop::watched {
  watched(kj::UnixEventPort& port, int fd_, std::function<void()> on_ready_)
    : on_ready(std::move(on_ready_)), observer(port, fd_, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

  std::function<void()> on_ready; // may own the descriptor, so it dies after the observer
  kj::UnixEventPort::FdObserver observer;
  kj::Promise<void> task = nullptr;
};

kj_loop::kj_loop(std::string name, complaint_handler on_complaint)
  : name_(std::move(name)), on_complaint_(std::move(on_complaint)), doorbell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  std::promise<void> started;
  thread_ = std::thread([this, &started] { run(started); });
  started.get_future().wait();
}

kj_loop::~kj_loop() {
  stop();
  ::close(doorbell_);
}

void kj_loop::stop() {
  if (!thread_.joinable())
    return;
  post([this] { keep(io_->provider->getTimer().afterDelay(linger).then([this] { stop_->fulfill(); })); });
  thread_.join();
}

bool kj_loop::is_current() const {
  return std::this_thread::get_id() == id_.load(std::memory_order_relaxed);
}

void kj_loop::post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_)
      return;
    outbox_.push_back(std::move(task));
    if (std::exchange(rung_, true))
      return;
  }
  std::uint64_t one = 1;
  [[maybe_unused]] auto put = ::write(doorbell_, &one, sizeof one);
}

void kj_loop::call_after(std::chrono::nanoseconds delay, std::function<void()> task) {
  post([this, delay, task = std::move(task)] {
    keep(io_->provider->getTimer().afterDelay(delay.count() * kj::NANOSECONDS).then([this, task] { call(task); }));
  });
}

void kj_loop::watch(int fd, std::function<void()> on_ready) {
  post([this, fd, on_ready = std::move(on_ready)] { start_watching(fd, on_ready); });
}

void kj_loop::unwatch(int fd) {
  post([this, fd] { watched_.erase(fd); });
}

void kj_loop::dispatch_later(const std::shared_ptr<spread>& target) {
  if (std::find(waiting_targets_.begin(), waiting_targets_.end(), target) != waiting_targets_.end())
    return;
  waiting_targets_.push_back(target);
  if (waiting_targets_.size() == 1)
    keep(kj::evalLast([this] { dispatch_now(); }));
}

void kj_loop::keep(kj::Promise<void> work) {
  tasks_->add(kj::mv(work));
}

void kj_loop::run(std::promise<void>& started) {
  id_ = std::this_thread::get_id();
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  complaint_callback callback(on_complaint_);
  auto io = kj::setupAsyncIo();
  complaining_errors errors(on_complaint_);
  kj::TaskSet tasks(errors);
  auto stop = kj::newPromiseAndFulfiller<void>();
  io_ = &io;
  tasks_ = &tasks;
  stop_ = stop.fulfiller.get();
  start_watching(doorbell_, [this] { run_posted(); });
  started.set_value();
  stop.promise.wait(io.waitScope);

  std::vector<std::function<void()>> left;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(outbox_);
  }
  left.clear();
  watched_.clear();
  waiting_targets_.clear();
}

void kj_loop::start_watching(int fd, std::function<void()> on_ready) {
  auto target = std::make_shared<watched>(io_->unixEventPort, fd, std::move(on_ready));
  watched_[fd] = target;
  target->task = observe(target).eagerlyEvaluate([this](kj::Exception&& e) { on_complaint_(e.getDescription().cStr()); });
}

kj::Promise<void> kj_loop::observe(std::shared_ptr<watched> target) {
  auto& observer = target->observer;
  return observer.whenBecomesReadable().then([this, weak = std::weak_ptr<watched>(target)]() -> kj::Promise<void> {
    auto again = weak.lock();
    if (again == nullptr)
      return kj::READY_NOW;
    // Edge-triggered: ask for the next edge before looking, or one that comes in between is lost.
    auto next = observe(again);
    call(again->on_ready);
    return next;
  });
}

void kj_loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    read_counter(doorbell_);
    rung_ = false;
    tasks.swap(outbox_);
  }
  for (auto& task : tasks)
    call(task);
}

void kj_loop::call(const std::function<void()>& task) {
  KJ_IF_MAYBE (failure, kj::runCatchingExceptions([&task] { task(); }))
    on_complaint_(failure->getDescription().cStr());
}

void kj_loop::dispatch_now() {
  dispatching_.swap(waiting_targets_);
  for (auto& target : dispatching_)
    target->dispatch(*this);
  dispatching_.clear();
}

} // namespace troupe

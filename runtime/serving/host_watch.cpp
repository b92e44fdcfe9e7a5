#include "runtime/serving/host_watch.hpp"

#include "runtime/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <vector>

namespace troupe {

namespace {

constexpr int events_max = 64; ///< taken from epoll at once
constexpr std::uint64_t wake_key = 0;

struct watched {
  std::uint64_t key = 0;
  std::function<void()> on_readable;
};

struct ticker {
  std::function<void(steady_time)> on_tick;
};

int must(int value, const char* call) {
  if (value < 0)
    throw std::system_error(errno, std::generic_category(), call);
  return value;
}

} // namespace

struct host_watch::state {
  explicit state(const clock& time) : time(time) {
    epoll.reset(must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
    wake.reset(must(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
    epoll_event event{EPOLLIN, {}};
    event.data.u64 = wake_key;
    must(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event), "epoll_ctl");
  }

  void run();
  int timeout_ms();
  void on_event(std::uint64_t key);
  void run_tasks();
  void run_tickers();
  void ring() const {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake.get(), &one, sizeof one); // a full counter wakes as well
  }

  /// Runs `call` as the callback that belongs to `owner`, so that `wait_until_over(owner)` can wait for it.
  template <class Call>
  void run_as(const void* owner, std::unique_lock<std::mutex>& lock, const Call& call) {
    running = owner;
    lock.unlock();
    call();
    lock.lock();
    running = nullptr;
    callback_over.notify_all();
  }

  void wait_until_over(const void* owner, std::unique_lock<std::mutex>& lock) {
    if (std::this_thread::get_id() != thread.get_id())
      callback_over.wait(lock, [&] { return running != owner; });
  }

  const clock& time;
  unique_fd epoll;
  unique_fd wake;
  std::mutex mutex;
  std::condition_variable callback_over;
  const void* running = nullptr; ///< whose callback runs now
  std::uint64_t last_key = wake_key;
  std::map<int, std::shared_ptr<watched>> by_fd;
  std::map<std::uint64_t, std::shared_ptr<watched>> by_key; ///< a key is never used again, a descriptor's number is
  std::map<ticker_id, std::shared_ptr<ticker>> tickers;
  std::optional<steady_time> next_tick;
  std::vector<std::function<void()>> tasks;
  std::atomic<bool> stopping{false};
  std::thread thread;
};

void host_watch::state::run() {
  std::array<epoll_event, events_max> events;
  while (!stopping) {
    int count = ::epoll_wait(epoll.get(), events.data(), events_max, timeout_ms());
    for (int i = 0; i < count && !stopping; ++i)
      on_event(events[i].data.u64);
    run_tasks();
    run_tickers();
  }
}

int host_watch::state::timeout_ms() {
  std::lock_guard lock(mutex);
  if (!tasks.empty())
    return 0;
  if (!next_tick)
    return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*next_tick - time.now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, tick.count()));
}

void host_watch::state::on_event(std::uint64_t key) {
  if (key == wake_key) {
    std::uint64_t count = 0;
    [[maybe_unused]] auto got = ::read(wake.get(), &count, sizeof count);
    return;
  }
  std::unique_lock lock(mutex);
  auto found = by_key.find(key);
  if (found == by_key.end())
    return;
  auto keep = found->second; // it may unwatch itself
  run_as(keep.get(), lock, keep->on_readable);
  lock.unlock();
}

void host_watch::state::run_tasks() {
  std::vector<std::function<void()>> batch;
  {
    std::lock_guard lock(mutex);
    batch.swap(tasks);
  }
  for (auto& task : batch) {
    if (stopping)
      return;
    task();
    task = nullptr;
  }
}

void host_watch::state::run_tickers() {
  std::unique_lock lock(mutex);
  auto now = time.now();
  if (!next_tick || now < *next_tick)
    return;
  next_tick = now + tick;
  std::vector<ticker_id> due;
  for (const auto& [id, entry] : tickers)
    due.push_back(id);
  for (auto id : due) {
    auto found = tickers.find(id); // an earlier one may have removed it
    if (found == tickers.end() || stopping)
      continue;
    auto keep = found->second;
    run_as(keep.get(), lock, [&] { keep->on_tick(now); });
    lock.unlock();
    keep.reset();
    lock.lock();
  }
}

host_watch::host_watch(const clock& time) : state_(std::make_unique<state>(time)) {
  std::lock_guard lock(state_->mutex); // the thread reads its own id under it
  state_->thread = std::thread([s = state_.get()] {
    std::unique_lock(s->mutex).unlock();
    s->run();
  });
}

host_watch::~host_watch() {
  state_->stopping = true;
  state_->ring();
  state_->thread.join();
}

void host_watch::watch(int fd, std::function<void()> on_readable) {
  std::lock_guard lock(state_->mutex);
  auto entry = std::make_shared<watched>(watched{++state_->last_key, std::move(on_readable)});
  epoll_event event{EPOLLIN, {}};
  event.data.u64 = entry->key;
  must(::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  state_->by_fd[fd] = entry;
  state_->by_key[entry->key] = entry;
}

void host_watch::unwatch(int fd) {
  std::shared_ptr<watched> gone; // dies after the lock is free
  std::unique_lock lock(state_->mutex);
  auto found = state_->by_fd.find(fd);
  if (found == state_->by_fd.end())
    return;
  gone = std::move(found->second);
  state_->by_fd.erase(found);
  state_->by_key.erase(gone->key);
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
  state_->wait_until_over(gone.get(), lock);
}

host_watch::ticker_id host_watch::add_ticker(std::function<void(steady_time)> on_tick) {
  std::lock_guard lock(state_->mutex);
  auto id = ++state_->last_key;
  state_->tickers[id] = std::make_shared<ticker>(ticker{std::move(on_tick)});
  if (!state_->next_tick) {
    state_->next_tick = state_->time.now() + tick;
    state_->ring();
  }
  return id;
}

void host_watch::remove_ticker(ticker_id id) {
  std::shared_ptr<ticker> gone;
  std::unique_lock lock(state_->mutex);
  auto found = state_->tickers.find(id);
  if (found == state_->tickers.end())
    return;
  gone = std::move(found->second);
  state_->tickers.erase(found);
  if (state_->tickers.empty())
    state_->next_tick.reset();
  state_->wait_until_over(gone.get(), lock);
}

void host_watch::post(std::function<void()> task) {
  std::lock_guard lock(state_->mutex);
  state_->tasks.push_back(std::move(task));
  if (state_->tasks.size() == 1)
    state_->ring();
}

bool host_watch::is_current() const {
  return std::this_thread::get_id() == state_->thread.get_id();
}

} // namespace troupe

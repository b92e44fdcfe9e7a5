#include "tests/support/test_loop.hpp"

#include "runtime/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <vector>

namespace troupe {

struct test_loop::state {
  void run();
  void run_tasks();
  void run_timers();
  int timeout_ms() const;
  void ring() const {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake.get(), &one, sizeof one);
  }

  unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  unique_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::vector<std::function<void()>> tasks;
  std::map<int, std::shared_ptr<std::function<void()>>> watched;                      ///< the loop's thread only
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> timers; ///< likewise
  std::atomic<bool> stopping{false};
  std::atomic<std::thread::id> id{};
  std::thread thread;
};

void test_loop::state::run() {
  id = std::this_thread::get_id();
  std::array<epoll_event, 64> events;
  while (!stopping) {
    int count = ::epoll_wait(epoll.get(), events.data(), events.size(), timeout_ms());
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == wake.get()) {
        std::uint64_t rings = 0;
        [[maybe_unused]] auto got = ::read(wake.get(), &rings, sizeof rings);
      } else if (auto found = watched.find(events[i].data.fd); found != watched.end()) {
        auto keep = found->second;
        (*keep)();
      }
    }
    run_tasks();
    run_timers();
  }
}

void test_loop::state::run_timers() {
  while (!timers.empty() && timers.begin()->first <= std::chrono::steady_clock::now()) {
    auto task = std::move(timers.begin()->second);
    timers.erase(timers.begin());
    task();
  }
}

int test_loop::state::timeout_ms() const {
  if (timers.empty())
    return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(timers.begin()->first - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void test_loop::state::run_tasks() {
  std::vector<std::function<void()>> now;
  {
    std::lock_guard lock(mutex);
    now.swap(tasks);
  }
  for (auto& task : now) {
    task();
    task = nullptr;
  }
}

test_loop::test_loop() : state_(std::make_unique<state>()) {
  epoll_event event{EPOLLIN, {}};
  event.data.fd = state_->wake.get();
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, state_->wake.get(), &event);
  state_->thread = std::thread([s = state_.get()] { s->run(); });
  run([] {}); // from now on `is_current` knows
}

test_loop::~test_loop() {
  state_->stopping = true;
  state_->ring();
  state_->thread.join();
}

bool test_loop::is_current() const {
  return state_->id == std::this_thread::get_id();
}

void test_loop::post(std::function<void()> task) {
  std::lock_guard lock(state_->mutex);
  state_->tasks.push_back(std::move(task));
  if (state_->tasks.size() == 1)
    state_->ring();
}

void test_loop::call_after(std::chrono::nanoseconds delay, std::function<void()> task) {
  auto when = std::chrono::steady_clock::now() + delay;
  post([this, when, task = std::move(task)] { state_->timers.emplace(when, task); });
}

void test_loop::watch(int fd, std::function<void()> on_ready) {
  auto kept = std::make_shared<std::function<void()>>(std::move(on_ready));
  post([this, fd, kept = std::move(kept)] {
    state_->watched[fd] = kept;
    epoll_event event{EPOLLIN, {}};
    event.data.fd = fd;
    ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event);
  });
}

void test_loop::unwatch(int fd) {
  post([this, fd] {
    ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
    state_->watched.erase(fd);
  });
}

void test_loop::run(const std::function<void()>& task) {
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

} // namespace troupe

#define BOOST_TEST_MODULE host_watch
#include "runtime/base/unique_fd.hpp"
#include "runtime/serving/host_watch.hpp"
#include "tests/support/recorded_request.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <sys/eventfd.h>

using namespace troupe;

namespace {

struct bell {
  unique_fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  void ring() const {
    std::uint64_t one = 1;
    BOOST_REQUIRE(::write(fd.get(), &one, sizeof one) == sizeof one);
  }
  void silence() const {
    std::uint64_t count = 0;
    [[maybe_unused]] auto got = ::read(fd.get(), &count, sizeof count);
  }
};

/// Waits until everything posted before has run.
void settle(host_watch& watch) {
  std::promise<void> done;
  watch.post([&] { done.set_value(); });
  done.get_future().wait();
}

const real_clock machine;

} // namespace

BOOST_AUTO_TEST_CASE(a_callback_never_begins_after_unwatch_has_returned) {
  host_watch watch(machine);
  for (int round = 0; round < 2000; ++round) {
    bell b;
    auto alive = std::make_unique<std::atomic<bool>>(true);
    watch.watch(b.fd.get(), [&b, state = alive.get()] {
      b.silence();
      state->store(true); // a use after free if it ran after unwatch
    });
    b.ring();
    watch.unwatch(b.fd.get());
    alive.reset();
  }
}

BOOST_AUTO_TEST_CASE(a_callback_is_called_again_as_long_as_its_descriptor_is_readable) {
  host_watch watch(machine);
  bell b;
  std::atomic<int> calls{0};
  watch.watch(b.fd.get(), [&] {
    if (++calls == 3)
      b.silence();
  });
  b.ring();
  BOOST_TEST(eventually([&] { return calls == 3; }));
  settle(watch);
  BOOST_TEST(calls == 3);
  watch.unwatch(b.fd.get());
}

BOOST_AUTO_TEST_CASE(a_callback_may_unwatch_itself_and_dies_after_it_has_run) {
  host_watch watch(machine);
  bell b;
  std::atomic<int> calls{0};
  auto held = std::make_shared<int>(7);
  std::weak_ptr<int> seen = held;
  watch.watch(b.fd.get(), [&, held = std::move(held)] {
    watch.unwatch(b.fd.get());
    calls += *held;
  });
  b.ring();
  BOOST_TEST(eventually([&] { return seen.expired(); }));
  BOOST_TEST(calls == 7);
}

BOOST_AUTO_TEST_CASE(a_new_descriptor_with_an_old_number_does_not_get_the_old_ones_callback) {
  host_watch watch(machine);
  std::atomic<int> old_calls{0};
  std::atomic<int> new_calls{0};
  for (int round = 1; round <= 500; ++round) {
    auto number = 0;
    {
      bell old;
      number = old.fd.get();
      watch.watch(number, [&] { ++old_calls; });
      watch.unwatch(number);
    }
    bell fresh;
    BOOST_REQUIRE(fresh.fd.get() == number);
    watch.watch(number, [&] {
      fresh.silence();
      ++new_calls;
    });
    fresh.ring();
    BOOST_REQUIRE(eventually([&] { return new_calls == round; }));
    watch.unwatch(number);
  }
  BOOST_TEST(old_calls == 0);
}

BOOST_AUTO_TEST_CASE(tasks_run_in_order_on_the_watchs_thread) {
  host_watch watch(machine);
  std::vector<int> order;
  bool all_current = true;
  for (int i = 0; i < 1000; ++i)
    watch.post([&, i] {
      order.push_back(i);
      all_current = all_current && watch.is_current();
    });
  settle(watch);
  BOOST_TEST(order.size() == 1000U);
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
  BOOST_TEST(all_current);
  BOOST_TEST(!watch.is_current());
}

BOOST_AUTO_TEST_CASE(a_task_posted_by_a_task_runs) {
  host_watch watch(machine);
  std::promise<void> done;
  watch.post([&] { watch.post([&] { done.set_value(); }); });
  BOOST_TEST((done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_ticker_ticks_until_it_is_removed) {
  host_watch watch(machine);
  std::atomic<int> ticks{0};
  auto began = machine.now();
  auto id = watch.add_ticker([&](steady_time) { ++ticks; });
  BOOST_REQUIRE(eventually([&] { return ticks >= 3; }));
  BOOST_TEST((machine.now() - began >= 3 * host_watch::tick));
  watch.remove_ticker(id);
  auto after = ticks.load();
  auto other_ticks = std::make_shared<std::atomic<int>>(0);
  auto other = watch.add_ticker([&, other_ticks](steady_time) { ++*other_ticks; });
  BOOST_REQUIRE(eventually([&] { return *other_ticks >= 2; }));
  watch.remove_ticker(other);
  BOOST_TEST(ticks == after);
}

BOOST_AUTO_TEST_CASE(a_ticker_may_remove_itself_and_another) {
  host_watch watch(machine);
  std::atomic<int> first_ticks{0};
  std::atomic<int> second_ticks{0};
  host_watch::ticker_id first = 0;
  host_watch::ticker_id second = 0;
  watch.post([&] { // both are there before the first tick
    first = watch.add_ticker([&](steady_time) {
      ++first_ticks;
      watch.remove_ticker(first);
      watch.remove_ticker(second);
    });
    second = watch.add_ticker([&](steady_time) { ++second_ticks; });
  });
  BOOST_REQUIRE(eventually([&] { return first_ticks == 1; }));
  std::atomic<int> third_ticks{0};
  auto third = watch.add_ticker([&](steady_time) { ++third_ticks; });
  BOOST_REQUIRE(eventually([&] { return third_ticks >= 2; }));
  watch.remove_ticker(third);
  BOOST_TEST(first_ticks == 1);
  BOOST_TEST(second_ticks == 0);
}

BOOST_AUTO_TEST_CASE(what_is_registered_at_the_end_is_destroyed_with_it) {
  bell b;
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> seen = held;
  {
    host_watch watch(machine);
    watch.watch(b.fd.get(), [held] {});
    watch.add_ticker([held](steady_time) {});
    held.reset();
    BOOST_TEST(!seen.expired());
  }
  BOOST_TEST(seen.expired());
}

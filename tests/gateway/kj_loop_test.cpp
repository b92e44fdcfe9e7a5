#define BOOST_TEST_MODULE kj_loop
#include "runtime/base/unique_fd.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/spread_of.hpp"

#include <boost/test/unit_test.hpp>

#include <kj/debug.h>

#include <sys/eventfd.h>

using namespace troupe;

namespace {

struct fixture {
  std::mutex mutex;
  std::vector<std::string> complaints;
  kj_loop loop{"test", [this](const std::string& text) {
                 std::lock_guard lock(mutex);
                 complaints.push_back(text);
               }};

  /// On the loop's thread, waited for.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  std::size_t complaint_count() {
    std::lock_guard lock(mutex);
    return complaints.size();
  }
};

void ring(const unique_fd& bell) {
  std::uint64_t one = 1;
  BOOST_REQUIRE(::write(bell.get(), &one, sizeof one) == sizeof one);
}

std::uint64_t take(const unique_fd& bell) {
  std::uint64_t count = 0;
  return ::read(bell.get(), &count, sizeof count) == sizeof count ? count : 0;
}

unique_fd make_bell() {
  return unique_fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kj_loop_suite, fixture)

BOOST_AUTO_TEST_CASE(a_task_that_throws_is_a_complaint_and_the_next_one_runs) {
  bool ran = false;
  loop.post([] { throw std::runtime_error("told you"); });
  run([&] { ran = true; });
  BOOST_TEST(ran);
  BOOST_REQUIRE(complaint_count() == 1U);
  BOOST_TEST(complaints[0].find("told you") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_promise_that_fails_is_a_complaint) {
  run([this] { loop.keep(kj::evalLater([] { KJ_FAIL_REQUIRE("broken promise"); })); });
  BOOST_TEST(eventually([this] { return complaint_count() == 1; }));
}

BOOST_AUTO_TEST_CASE(a_watcher_that_throws_goes_on_watching) {
  auto bell = make_bell();
  std::atomic<int> rings{0};
  loop.watch(bell.get(), [&] {
    take(bell);
    if (++rings == 1)
      throw std::runtime_error("once");
  });
  ring(bell);
  BOOST_REQUIRE(eventually([&] { return rings == 1; }));
  ring(bell);
  BOOST_TEST(eventually([&] { return rings == 2; }));
  loop.unwatch(bell.get());
  run([] {});
}

BOOST_AUTO_TEST_CASE(after_a_stop_posts_are_dropped_and_nobody_is_on_the_loop) {
  auto alive = std::make_shared<int>(1);
  loop.stop();
  loop.stop();
  loop.post([alive] { BOOST_ERROR("ran"); });
  BOOST_TEST(alive.use_count() == 1);
  BOOST_TEST(!loop.is_current());
}

BOOST_AUTO_TEST_CASE(a_stop_drops_promises_tasks_and_watchers_that_are_left) {
  auto alive = std::make_shared<int>(1);
  auto bell = make_bell();
  run([&] { loop.keep(kj::Promise<void>(kj::NEVER_DONE).attach(kj::heap(alive))); });
  loop.watch(bell.get(), [alive] {});
  loop.stop();
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_a_thread_posts_runs_on_the_loop_in_its_order) {
  constexpr int threads = 4;
  constexpr int each = 2000;
  std::vector<int> last(threads, -1);
  bool in_order = true;
  std::atomic<int> ran{0};
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        loop.post([&, t, i] {
          auto& before = last[static_cast<std::size_t>(t)];
          in_order = in_order && loop.is_current() && before == i - 1;
          before = i;
          ++ran;
        });
    });
  for (auto& poster : posters)
    poster.join();
  BOOST_REQUIRE(eventually([&] { return ran == threads * each; }));
  run([&] { BOOST_TEST(in_order); });
}

BOOST_AUTO_TEST_CASE(no_ring_is_lost_however_fast_they_come) {
  auto bell = make_bell();
  std::atomic<std::uint64_t> taken{0};
  loop.watch(bell.get(), [&] { taken += take(bell); });
  for (int i = 0; i < 2000; ++i)
    ring(bell);
  BOOST_TEST(eventually([&] { return taken == 2000; }));
  loop.unwatch(bell.get());
  run([] {});
}

BOOST_AUTO_TEST_CASE(a_bell_rung_before_it_was_watched_is_heard) {
  auto bell = make_bell();
  ring(bell);
  std::atomic<bool> heard{false};
  loop.watch(bell.get(), [&] { heard = take(bell) == 1; });
  BOOST_TEST(eventually([&] { return heard.load(); }));
  loop.unwatch(bell.get());
  run([] {});
}

BOOST_AUTO_TEST_CASE(a_watcher_that_owns_its_bell_may_be_its_last_owner) {
  auto bell = std::make_shared<unique_fd>(make_bell());
  auto number = bell->get();
  loop.watch(number, [bell] {});
  bell.reset();
  loop.unwatch(number);
  run([] {});
  BOOST_TEST(complaint_count() == 0U);
  auto next = make_bell(); // most likely of the same number
  std::atomic<bool> heard{false};
  loop.watch(next.get(), [&] { heard = take(next) == 1; });
  ring(next);
  BOOST_TEST(eventually([&] { return heard.load(); }));
  loop.unwatch(next.get());
  run([] {});
}

BOOST_AUTO_TEST_CASE(a_task_for_later_runs_on_the_loop_once_its_time_has_come) {
  auto begin = std::chrono::steady_clock::now();
  std::promise<bool> on_loop;
  loop.call_after(std::chrono::milliseconds(5), [&] { on_loop.set_value(loop.is_current()); });
  BOOST_TEST(on_loop.get_future().get());
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(4)));
}

BOOST_AUTO_TEST_CASE(a_task_for_later_is_destroyed_unrun_by_a_loop_that_stops) {
  auto held = std::make_shared<int>(1);
  loop.call_after(std::chrono::hours(1), [held] { *held = 2; });
  loop.stop();
  BOOST_TEST(held.use_count() == 1);
  BOOST_TEST(*held == 1);
}

BOOST_AUTO_TEST_CASE(requests_of_one_turn_are_dispatched_together) {
  class counting_runner final : public batch_runner {
  public:
    void start(batch work) override { sizes.push_back(work.requests.size()); }
    std::vector<std::size_t> sizes;
  };
  real_clock time;
  collected_events events;
  model_spec spec;
  spec.max_batch = 8;
  auto local = std::make_shared<pool>(version_id{"digits", 1}, spec, time, events);
  auto runner = std::make_shared<counting_runner>();
  local->attach(runner);
  auto target = spread_of(local, time);
  run([&] {
    for (int i = 0; i < 3; ++i) {
      target->submit(std::make_unique<recorded_request>(loop, std::vector<float>{1}, 1, std::make_shared<outcome>()));
      loop.dispatch_later(target);
    }
  });
  std::size_t first = 0;
  BOOST_REQUIRE(eventually([&] {
    run([&] { first = runner->sizes.empty() ? 0 : runner->sizes[0]; });
    return first != 0;
  }));
  BOOST_TEST(first == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

#pragma once

/// CAF's deterministic kit under Boost.Test. Include it last, in the one source file of a test. `expect`, `inject`, `allow` are macros of
/// caf/test/dsl.hpp; a failing `expect` aborts the process (it throws in a destructor).

#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#undef CAF_MESSAGE
#undef CAF_ERROR
#undef CAF_FAIL
#undef FAIL
#undef CAF_CHECK
#undef CAF_CHECK_EQUAL
#undef CAF_REQUIRE
#undef CAF_REQUIRE_EQUAL
#define CAF_MESSAGE(text) BOOST_TEST_MESSAGE(text)
#define CAF_ERROR(text) BOOST_ERROR(text)
#define CAF_FAIL(text)                                                                                                           \
  do {                                                                                                                           \
    BOOST_TEST_MESSAGE(text);                                                                                                    \
    BOOST_FAIL("see the message above");                                                                                         \
  } while (false)
#define FAIL CAF_FAIL
#define CAF_CHECK(...) BOOST_CHECK((__VA_ARGS__))
#define CAF_CHECK_EQUAL(a, b) BOOST_CHECK((a) == (b))
#define CAF_REQUIRE(...) BOOST_REQUIRE((__VA_ARGS__))
#define CAF_REQUIRE_EQUAL(a, b) BOOST_REQUIRE((a) == (b))

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

// Of CAF's own test engine only the arguments are asked for.
inline int caf::test::engine::argc() {
  return 0;
}
inline char** caf::test::engine::argv() {
  static char* none = nullptr;
  return &none;
}

namespace troupe {

/// The test scheduler's time as ours, so that one `advance_time` moves both.
class caf_clock final : public clock {
public:
  explicit caf_clock(caf::scheduler::test_coordinator& sched) : sched_(sched) {}
  steady_time now() const override { return sched_.clock().now(); }
  wall_time wall_now() const override { return wall_time(now().time_since_epoch() + wall_offset_); }
  /// Somebody sets the wall clock: forward, or back.
  void set_wall_clock(std::chrono::nanoseconds by) { wall_offset_ += by; }

private:
  caf::scheduler::test_coordinator& sched_;
  std::chrono::nanoseconds wall_offset_{0};
};

/// Keeps what was emitted.
class event_record final : public event_sink {
public:
  void emit(event e) override {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(e));
  }
  /// Names of events that don't say where they come from.
  std::set<std::string> without_origin() const {
    std::lock_guard lock(mutex_);
    std::set<std::string> found;
    for (const auto& e : events_)
      if (e.origin.empty())
        found.insert(e.name);
    return found;
  }
  std::vector<event> named(std::string_view name) const {
    std::lock_guard lock(mutex_);
    std::vector<event> found;
    for (const auto& e : events_)
      if (e.name == name)
        found.push_back(e);
    return found;
  }

private:
  mutable std::mutex mutex_;
  std::vector<event> events_;
};

/// Empty until the answer has come.
template <class T>
using kept_answer = std::shared_ptr<std::optional<caf::expected<T>>>;

/// An actor system in one thread whose time stands still unless it is advanced. No detached actors (the test scheduler is not
/// thread-safe); anything periodic must be dead when it is destroyed.
class caf_fixture : public test_coordinator_fixture<caf::actor_system_config> {
public:
  caf_clock time{sched};
  event_record events;

  /// Lets everybody handle all messages; timers don't fire.
  void settle() { sched.run(); }

  /// Moves time in one step and lets everybody handle what that brings.
  void pass(caf::timespan interval) {
    sched.advance_time(interval);
    settle();
  }

  /// As `pass`, but in steps, so that timers set by what happens on the way fire in their time.
  void pass_in_steps(caf::timespan interval, caf::timespan step) {
    for (auto left = interval; left > caf::timespan{0}; left -= step)
      pass(std::min(step, left));
  }

  /// Asks, and keeps the answer for when it comes.
  template <class T, class Handle, class Message>
  kept_answer<T> ask_later(const Handle& whom, Message message) {
    auto kept = std::make_shared<std::optional<caf::expected<T>>>();
    sys.spawn([=](caf::event_based_actor* asker) {
      asker->request(whom, caf::infinite, message)
          .then([=](T& value) { kept->emplace(std::move(value)); }, [=](caf::error& why) { kept->emplace(std::move(why)); });
    });
    settle();
    return kept;
  }

  /// The answer to what needs no time.
  template <class T, class Handle, class Message>
  caf::expected<T> ask(const Handle& whom, Message message) {
    auto kept = ask_later<T>(whom, std::move(message));
    BOOST_REQUIRE_MESSAGE(kept->has_value(), "no answer, though nothing is left to do");
    return **kept;
  }
};

} // namespace troupe

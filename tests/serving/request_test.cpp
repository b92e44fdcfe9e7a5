#define BOOST_TEST_MODULE request
#include "runtime/serving/request.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

/// Notes the threads that it is answered and destroyed on.
class threaded_request final : public inference_request {
public:
  struct trace {
    std::thread::id answered;
    std::thread::id destroyed;
    std::vector<float> values;
    std::optional<error> failure;
    std::atomic<bool> gone{false};
  };

  threaded_request(event_loop& on, trace& into) : into_(into) { loop = &on; }
  ~threaded_request() override {
    into_.destroyed = std::this_thread::get_id();
    into_.gone = true;
  }
  void on_outputs(const std::vector<tensor_view>& outputs) override {
    into_.answered = std::this_thread::get_id();
    for (const auto& output : outputs) {
      auto first = reinterpret_cast<const float*>(output.data);
      into_.values.insert(into_.values.end(), first, first + output.size / sizeof(float));
    }
  }
  void on_error(const error& failure) override {
    into_.answered = std::this_thread::get_id();
    into_.failure = failure;
  }

private:
  trace& into_;
};

tensor_view view_of(const std::vector<float>& values) {
  tensor_view view;
  view.data = reinterpret_cast<const std::byte*>(values.data());
  view.size = values.size() * sizeof(float);
  return view;
}

struct fixture {
  threaded_request::trace trace;
  test_loop loop;
  std::thread::id loop_thread;

  fixture() {
    loop.run([this] { loop_thread = std::this_thread::get_id(); });
  }
  request_ptr make() { return std::make_unique<threaded_request>(loop, trace); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(request_suite, fixture)

BOOST_AUTO_TEST_CASE(an_error_from_another_thread_is_given_on_the_requests_loop_which_destroys_it) {
  refuse(make(), {error_code::overloaded, "full"});
  BOOST_REQUIRE(eventually([this] { return trace.gone.load(); }));
  BOOST_TEST((trace.failure->code == error_code::overloaded));
  BOOST_TEST((trace.answered == loop_thread));
  BOOST_TEST((trace.destroyed == loop_thread));
}

BOOST_AUTO_TEST_CASE(outputs_from_another_thread_are_copied_before_the_caller_goes_on) {
  std::vector<float> first{1, 2};
  std::vector<float> none;
  std::vector<float> last{3};
  answer(make(), {view_of(first), view_of(none), view_of(last)});
  first.assign(2, 0.0F);
  last.assign(1, 0.0F);
  BOOST_REQUIRE(eventually([this] { return trace.gone.load(); }));
  BOOST_TEST(trace.values == (std::vector<float>{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST((trace.answered == loop_thread));
  BOOST_TEST((trace.destroyed == loop_thread));
}

BOOST_AUTO_TEST_CASE(on_its_own_loop_a_request_is_answered_and_gone_at_once) {
  std::vector<float> values{5};
  loop.run([&] {
    answer(make(), {view_of(values)});
    BOOST_TEST(trace.gone.load());
  });
  BOOST_TEST(trace.values.size() == 1U);
  loop.run([&] {
    trace.gone = false;
    refuse(make(), {error_code::internal, "x"});
    BOOST_TEST(trace.gone.load());
  });
}

BOOST_AUTO_TEST_SUITE_END()

#define BOOST_TEST_MODULE answer_watch
#include "runtime/serving/answer_watch.hpp"
#include "runtime/serving/shadow_copy.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/sim_time.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

model_spec model_with(std::vector<std::string> outputs) {
  model_spec spec;
  for (auto& name : outputs)
    spec.outputs.push_back({std::move(name), datatype::fp32, {-1, 2}});
  return spec;
}

check_spec check_of(check_kind kind, std::string output = {}, output_look by = output_look::values) {
  check_spec check;
  check.kind = kind;
  check.output = std::move(output);
  check.by = by;
  return check;
}

tensor_view view_of(const std::vector<float>& values) {
  return make_view(datatype::fp32, {static_cast<std::int64_t>(values.size()) / 2, 2},
                   reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float));
}

const std::vector<float> small = {1, 2};
const std::vector<float> large = {2, 1};
const std::vector<float> broken = {std::numeric_limits<float>::quiet_NaN(), 1};

constexpr auto incumbent = incumbent_arm;
constexpr auto candidate = candidate_arm;

struct fixture {
  std::shared_ptr<answer_watch> watch;
  test_loop loop;
  sim_time time;

  void look_for(const std::vector<check_spec>& checks, const model_spec& live = model_with({"scores"}),
                const model_spec& next = model_with({"scores"})) {
    watch = std::make_shared<answer_watch>(time, checks, live, next);
  }
  std::unique_ptr<recorded_request> live_request(const std::shared_ptr<outcome>& became = std::make_shared<outcome>()) {
    return std::make_unique<recorded_request>(loop, small, 1, became);
  }
  /// One that was answered so.
  void note(split_arm arm, const std::vector<float>& outputs) { watch->note(arm, *live_request(), {view_of(outputs)}); }
  answer_counters disagreement() const { return watch->read().candidate.answers.at(0); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(answer_watch_suite, fixture)

BOOST_AUTO_TEST_CASE(an_output_that_a_version_lacks_is_never_seen_and_never_compared) {
  look_for({check_of(check_kind::finite_outputs, "words"), check_of(check_kind::disagreement, "words")});
  note(candidate, broken);
  watch->compare({view_of(small)}, {view_of(large)});
  for (const auto& seen : watch->read().candidate.answers)
    BOOST_TEST(seen.bad.requests == 0U);
}

BOOST_AUTO_TEST_CASE(answers_that_are_not_finite_are_counted_by_version) {
  look_for({check_of(check_kind::finite_outputs)});
  for (int i = 0; i < 3; ++i)
    note(candidate, i == 0 ? broken : small);
  note(incumbent, small);
  auto seen = watch->read();
  BOOST_TEST(seen.candidate.answers[0].bad.failures == 1U);
  BOOST_TEST(seen.candidate.answers[0].bad.requests == 3U);
  BOOST_TEST(seen.incumbent.answers[0].bad.requests == 1U);
}

BOOST_AUTO_TEST_CASE(each_answer_is_one_draw_of_its_distribution) {
  look_for({check_of(check_kind::output_drift), check_of(check_kind::output_drift, "scores", output_look::top_class)});
  for (int i = 0; i < 100; ++i) {
    note(candidate, small);
    note(incumbent, large);
  }
  auto seen = watch->read();
  BOOST_TEST(count_of(seen.candidate.answers[0].bins) == 100U);
  BOOST_TEST((seen.candidate.answers[1].bins == bin_counts{0, 100}));
  BOOST_TEST((seen.incumbent.answers[1].bins == bin_counts{100, 0}));
}

BOOST_AUTO_TEST_CASE(outputs_are_compared_by_their_names_wherever_they_stand) {
  look_for({check_of(check_kind::disagreement)}, model_with({"a", "b"}), model_with({"b", "a"}));
  watch->compare({view_of(small), view_of(large)}, {view_of(large), view_of(small)});
  BOOST_TEST(disagreement().bad.failures == 0U);
  watch->compare({view_of(small), view_of(large)}, {view_of(small), view_of(large)});
  BOOST_TEST(disagreement().bad.failures == 1U);
  BOOST_TEST(disagreement().bad.requests == 2U);
}

BOOST_AUTO_TEST_CASE(what_became_of_requests_is_counted_by_version) {
  look_for({});
  auto request = live_request();
  request->arrived = time.now();
  time.move_to(time.now() + 5ms);
  for (auto arm : {candidate, candidate, incumbent})
    watch->observer_of(arm)->on_outputs(*request, {view_of(small)});
  watch->observer_of(candidate)->on_error(*request, error_code::overloaded);
  watch->observer_of(candidate)->on_error(*request, error_code::model_failed);
  auto seen = watch->read();
  BOOST_TEST(seen.candidate.errors.requests == 4U);
  BOOST_TEST(seen.candidate.errors.failures == 2U);
  BOOST_TEST(seen.candidate.failed_as[static_cast<std::size_t>(error_code::overloaded)] == 1U);
  BOOST_TEST(seen.candidate.latency.total == 2U);
  BOOST_TEST(seen.candidate.latency.counts[latency_bucket(5000)] == 2U);
  BOOST_TEST(seen.incumbent.errors.requests == 1U);
}

BOOST_AUTO_TEST_CASE(a_clients_own_mistake_is_not_counted) {
  look_for({});
  for (auto why : {error_code::invalid_argument, error_code::permission_denied, error_code::not_found})
    watch->observer_of(candidate)->on_error(*live_request(), why);
  BOOST_TEST(watch->read().candidate.errors.requests == 0U);
}

BOOST_AUTO_TEST_CASE(of_copies_neither_their_times_nor_what_was_shed_is_held_against_a_version) {
  look_for({});
  auto copy = live_request();
  copy->is_copy = true;
  for (auto why : {error_code::deadline_exceeded, error_code::overloaded, error_code::unavailable, error_code::model_failed})
    watch->note_failure(candidate, *copy, why);
  for (int i = 0; i < 2; ++i)
    watch->note(candidate, *copy, {view_of(small)});
  auto seen = watch->read().candidate;
  BOOST_TEST(seen.latency.total == 0U);
  BOOST_TEST(seen.errors.requests == 3U);
  BOOST_TEST(seen.errors.failures == 1U);
}

BOOST_AUTO_TEST_CASE(an_observer_keeps_its_watch) {
  look_for({check_of(check_kind::finite_outputs)});
  auto observer = watch->observer_of(candidate);
  watch.reset();
  observer->on_outputs(*live_request(), {view_of(small)});
}

BOOST_AUTO_TEST_CASE(a_reward_counts_once) {
  look_for({});
  BOOST_TEST(watch->reward(candidate, 1, 0.5));
  BOOST_TEST(!watch->reward(candidate, 1, 1));
  BOOST_TEST(watch->reward(incumbent, 2, 1));
  auto seen = watch->read();
  BOOST_TEST(seen.candidate.rewards.count == 1U);
  BOOST_TEST(seen.candidate.rewards.sum == 0.5);
  BOOST_TEST(seen.incumbent.rewards.squares == 1);
}

BOOST_AUTO_TEST_CASE(rewards_of_others_are_theirs_and_nobody_looks_into_their_answers) {
  check_spec finite;
  finite.kind = check_kind::finite_outputs;
  auto among = std::make_shared<answer_watch>(time, std::vector<check_spec>{finite}, model_spec(), model_spec(), 2);
  BOOST_TEST(among->reward(first_other_arm + 1, 7, 0.25));
  among->observer_of(first_other_arm)->on_outputs(*live_request(), {view_of(broken)});
  auto seen = among->read();
  BOOST_REQUIRE(seen.others.size() == 2U);
  BOOST_TEST(seen.others[0].rewards.count == 0U);
  BOOST_TEST(seen.others[0].errors.requests == 1U);
  BOOST_TEST(seen.others[0].answers.empty());
  BOOST_TEST(seen.others[1].rewards.sum == 0.25);
  BOOST_TEST(seen.candidate.rewards.count == 0U);
}

BOOST_AUTO_TEST_CASE(ids_of_rewards_are_forgotten_in_the_end) {
  look_for({});
  for (std::uint64_t id = 0; id <= answer_watch::rewarded_max; ++id)
    BOOST_REQUIRE(watch->reward(candidate, id, 1));
  BOOST_TEST(watch->reward(candidate, 0, 1));
  BOOST_TEST(!watch->reward(candidate, answer_watch::rewarded_max, 1));
}

// -- copies -------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(copies_beyond_the_most_are_shed_and_make_room_when_they_end) {
  look_for({check_of(check_kind::disagreement)});
  auto live = live_request();
  auto copy = shadow_copy(*live, watch, 1);
  BOOST_REQUIRE((copy != nullptr));
  auto other = live_request();
  BOOST_TEST((shadow_copy(*other, watch, 1) == nullptr));
  BOOST_TEST((other->observer == nullptr));
  copy.reset();
  BOOST_TEST((shadow_copy(*other, watch, 1) != nullptr));
  BOOST_TEST(watch->read().copies == 2U);
  BOOST_TEST(watch->read().shed == 1U);
}

BOOST_AUTO_TEST_CASE(copies_are_shed_by_their_bytes_too_but_one_is_always_let_through) {
  look_for({});
  BOOST_TEST(watch->begin_copy(9, 2 * answer_watch::copied_bytes_max));
  BOOST_TEST(!watch->begin_copy(9, 1));
  watch->end_copy(2 * answer_watch::copied_bytes_max);
  BOOST_TEST(watch->begin_copy(9, answer_watch::copied_bytes_max - 1));
  BOOST_TEST(watch->begin_copy(9, 1));
  BOOST_TEST(!watch->begin_copy(9, 1));
}

BOOST_AUTO_TEST_CASE(both_answers_are_compared_whichever_comes_first) {
  for (bool live_first : {true, false})
    for (const auto* second : {&small, &large}) {
      look_for({check_of(check_kind::disagreement)});
      auto became = std::make_shared<outcome>();
      request_ptr live = live_request(became);
      auto copy = shadow_copy(*live, watch, 1);
      loop.run([&] {
        if (live_first)
          answer(std::move(live), {view_of(small)});
        answer(std::move(copy), {view_of(*second)});
        if (!live_first)
          answer(std::move(live), {view_of(small)});
      });
      BOOST_TEST(became->times == 1);
      BOOST_TEST(disagreement().bad.requests == 1U);
      BOOST_TEST(disagreement().bad.failures == (second == &large ? 1U : 0U));
    }
}

BOOST_AUTO_TEST_CASE(a_copy_has_bytes_of_its_own_and_is_marked) {
  look_for({});
  auto live = live_request();
  auto copy = shadow_copy(*live, watch, 1);
  BOOST_TEST(copy->is_copy);
  BOOST_TEST(copy->rows == 1U);
  BOOST_TEST(copy->inputs[0].data != live->inputs[0].data);
  live.reset();
  BOOST_TEST(*reinterpret_cast<const float*>(copy->inputs[0].data) == small[0]);
}

BOOST_AUTO_TEST_CASE(where_one_of_both_has_no_answer_nothing_is_compared) {
  for (bool of_live : {true, false}) {
    look_for({check_of(check_kind::disagreement)});
    request_ptr live = live_request();
    auto copy = shadow_copy(*live, watch, 1);
    loop.run([&] {
      refuse(std::move(of_live ? live : copy), {error_code::model_failed, "no"});
      answer(std::move(of_live ? copy : live), {view_of(small)});
    });
    BOOST_TEST(disagreement().bad.requests == 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

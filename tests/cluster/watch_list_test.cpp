#define BOOST_TEST_MODULE watch_list
#include "cluster/watch_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto watching = probe_purpose::watch;
constexpr auto denied = help_outcome::not_reached;
constexpr auto untried = help_outcome::not_tried;

struct fixture {
  fixture() { list.retarget({"a", "b"}, now); }

  /// A probe to `target` that nobody answers; it waits for helpers then.
  std::uint64_t unanswered(const node_id& target = "a") {
    auto sequence = list.begin(target, watching, now);
    list.on_failed(sequence, now);
    return sequence;
  }
  /// The same, and three helpers say this.
  void failed_round(help_outcome first, help_outcome second, help_outcome third) {
    auto sequence = unanswered();
    list.ask(sequence, 3);
    for (auto outcome : {first, second, third})
      list.on_help(sequence, outcome, now);
  }
  std::size_t silent() { return list.take_findings().silent.size(); }

  steady_time now{1h};
  watch_list list{suspicion_options{}, rng(1)};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(watch_list_suite, fixture)

BOOST_AUTO_TEST_CASE(answers_and_failures_of_probes_that_nobody_sent_change_nothing) {
  BOOST_TEST(!list.on_answer(99, now).has_value());
  list.on_failed(99, now);
  list.on_help(99, denied, now);
  list.ask(99, 3);
  BOOST_TEST(list.take_findings().unanswered.empty());
}

BOOST_AUTO_TEST_CASE(a_probe_that_fails_needs_helpers_at_once_and_one_without_an_answer_after_its_time) {
  list.begin("a", watching, now);
  list.on_tick(now + 199ms);
  BOOST_TEST(list.take_findings().unanswered.empty());
  list.on_tick(now + 200ms);
  BOOST_TEST(list.take_findings().unanswered.size() == 1U);
  unanswered();
  BOOST_TEST(list.take_findings().unanswered.size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_failed_rounds_in_a_row_make_a_suspect_and_one_does_not) {
  failed_round(denied, denied, denied);
  BOOST_TEST(silent() == 0U);
  failed_round(denied, denied, untried);
  BOOST_TEST(silent() == 1U);
}

BOOST_AUTO_TEST_CASE(rounds_with_an_answer_between_them_are_not_in_a_row) {
  failed_round(denied, denied, denied);
  list.on_answer(list.begin("a", watching, now), now);
  failed_round(denied, denied, denied);
  BOOST_TEST(silent() == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_after_its_round_was_over_counts_all_the_same) {
  auto late = unanswered();
  list.ask(late, 1);
  list.on_help(late, denied, now);
  BOOST_TEST(list.on_answer(late, now + 1s).has_value());
  failed_round(denied, denied, denied);
  BOOST_TEST(silent() == 0U);
}

BOOST_AUTO_TEST_CASE(one_helper_that_reaches_it_outweighs_all_that_do_not) {
  for (int i = 0; i < 5; ++i)
    failed_round(denied, denied, help_outcome::reached);
  BOOST_TEST(silent() == 0U);
}

BOOST_AUTO_TEST_CASE(a_round_in_which_most_helpers_are_mute_raises_the_doubt_and_counts_only_at_its_height) {
  for (std::uint32_t i = 0; i < self_doubt::score_max; ++i) {
    failed_round(denied, untried, untried);
    BOOST_TEST(list.doubt().score() == i + 1);
    BOOST_TEST(silent() == 0U);
  }
  failed_round(untried, untried, untried);
  failed_round(untried, untried, untried);
  BOOST_TEST(silent() == 1U);
}

BOOST_AUTO_TEST_CASE(a_doubt_delays_a_suspicion_no_longer_than_until_a_member_would_be_dead) {
  now += 3s;
  failed_round(untried, untried, untried);
  failed_round(untried, untried, untried);
  BOOST_TEST(silent() == 1U);
}

BOOST_AUTO_TEST_CASE(doubt_stretches_time_outs_and_goes_with_answers_or_with_time) {
  list.on_accused(now);
  list.begin("a", watching, now);
  list.on_tick(now + 399ms);
  BOOST_TEST(list.take_findings().unanswered.empty());
  list.on_tick(now + 400ms);
  BOOST_TEST(list.take_findings().unanswered.size() == 1U);
  list.on_tick(now + 1s);
  BOOST_TEST(list.doubt().score() == 0U);
  list.on_accused(now);
  list.on_answer(list.begin("b", watching, now), now);
  BOOST_TEST(list.doubt().score() == 0U);
}

BOOST_AUTO_TEST_CASE(where_there_is_nobody_to_ask_a_round_takes_all_its_time) {
  for (int i = 0; i < 2; ++i)
    list.ask(unanswered(), 0);
  list.on_tick(now + 299ms);
  BOOST_TEST(silent() == 0U);
  list.on_tick(now + 300ms);
  BOOST_TEST(silent() == 1U);
}

BOOST_AUTO_TEST_CASE(a_favour_ends_in_a_reply_to_whoever_asked) {
  auto yes = list.begin_favour("x", "asker", 5, now);
  auto no = list.begin_favour("x", "asker", 6, now);
  BOOST_REQUIRE((yes && no));
  list.on_answer(*yes, now);
  list.on_tick(now + 200ms);
  auto replies = list.take_findings().replies;
  BOOST_REQUIRE(replies.size() == 2U);
  BOOST_TEST((replies[0].sequence == 5U && replies[0].outcome == help_outcome::reached));
  BOOST_TEST((replies[1].sequence == 6U && replies[1].outcome == help_outcome::not_reached));
}

BOOST_AUTO_TEST_CASE(favours_have_a_maximum_and_make_room_when_they_end) {
  std::vector<std::uint64_t> taken;
  while (auto sequence = list.begin_favour("x", "asker", 1, now))
    taken.push_back(*sequence);
  BOOST_TEST(taken.size() == 256U);
  list.on_failed(taken[0], now);
  BOOST_TEST(list.begin_favour("x", "asker", 1, now).has_value());
}

BOOST_AUTO_TEST_CASE(who_starts_over_owes_replies_and_holds_nothing_against_anybody) {
  (void)list.begin_favour("x", "asker", 5, now);
  failed_round(denied, denied, denied);
  now += 5s;
  list.start_over(now);
  BOOST_TEST((list.take_findings().replies.at(0).outcome == untried));
  failed_round(denied, denied, denied);
  BOOST_TEST(silent() == 0U);
  BOOST_TEST((*list.dead_at("a") > now + 3s));
}

BOOST_AUTO_TEST_CASE(death_is_due_three_seconds_after_the_last_answered_probe_was_sent_and_only_for_the_watched) {
  auto sequence = list.begin("a", watching, now + 1s);
  list.on_answer(sequence, now + 1100ms);
  BOOST_TEST((list.dead_at("a") == now + 4s));
  BOOST_TEST(!list.dead_at("x").has_value());
}

BOOST_AUTO_TEST_CASE(each_watched_member_is_due_once_an_interval_more_or_less) {
  std::size_t probes = 0;
  for (auto end = now + 20s; now < end; now += 1ms)
    probes += list.due(now).size();
  BOOST_TEST(probes > 195U);
  BOOST_TEST(probes < 205U);
}

BOOST_AUTO_TEST_CASE(who_is_watched_no_longer_is_forgotten_with_its_rounds) {
  failed_round(denied, denied, denied);
  auto open = list.begin("a", watching, now);
  list.retarget({"b"}, now);
  BOOST_TEST(!list.on_answer(open, now).has_value());
  list.retarget({"a", "b"}, now);
  failed_round(denied, denied, denied);
  BOOST_TEST(silent() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

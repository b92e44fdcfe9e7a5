#define BOOST_TEST_MODULE best_arm
#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/best_arm.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

struct fixture {
  mean_options options;
  best_arm_state state;
  rng random{7};

  void serve(const std::vector<double>& means, int requests = 20) {
    std::vector<reward_sums> batch;
    for (auto mean : means) {
      auto& sums = batch.emplace_back();
      for (int i = 0; i < requests; ++i)
        sums.record(random.chance(mean) ? 1 : 0);
    }
    BOOST_REQUIRE(advance(state, batch, options).ok());
  }
  /// The arm that is left after at most so many seconds; nothing: there is none.
  std::optional<std::size_t> best_of(const std::vector<double>& means, int seconds = 2000) {
    state = {};
    for (int second = 0; second < seconds; ++second) {
      serve(means);
      if (auto best = judge_arms(state, means.size(), options).best)
        return best;
    }
    return std::nullopt;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(best_arm_suite, fixture)

BOOST_AUTO_TEST_CASE(sums_that_no_rewards_have_are_refused_and_change_nothing) {
  serve({0.5, 0.5, 0.5});
  auto before = state.pairs[2].total.candidate.count;
  BOOST_TEST((advance(state, {{1, 1, 1}, {1, 0, 0}, {2, 3, 1}}, options).failure().code == error_code::invalid_argument));
  BOOST_TEST(state.pairs[2].total.candidate.count == before);
  BOOST_TEST(state.pairs[0].total.candidate.count == before);
}

BOOST_AUTO_TEST_CASE(without_data_nobody_is_best) {
  BOOST_TEST(!judge_arms(state, 3, options).best.has_value());
  BOOST_TEST(reason_of_pair(state, 1, 0, 3, options) == "reward: no requests of both versions yet");
}

BOOST_AUTO_TEST_CASE(the_best_of_two_is_found_on_either_side) {
  BOOST_TEST((best_of({0.4, 0.6}) == 1U));
  BOOST_TEST((best_of({0.6, 0.4}) == 0U));
}

BOOST_AUTO_TEST_CASE(the_best_of_several_is_found_wherever_it_stands) {
  for (std::size_t arms : {3U, 5U})
    for (std::size_t best = 0; best < arms; ++best) {
      std::vector<double> means(arms, 0.4);
      means[best] = 0.6;
      BOOST_TEST((best_of(means) == best), best << " of " << arms);
    }
}

BOOST_AUTO_TEST_CASE(while_two_are_as_good_nobody_is_best) {
  BOOST_TEST(!best_of({0.3, 0.6, 0.6}, 500).has_value());
}

BOOST_AUTO_TEST_CASE(an_arm_that_is_below_another_is_out_though_nobody_has_won) {
  BOOST_TEST(!best_of({0.3, 0.6, 0.6}, 500).has_value());
  BOOST_TEST((judge_arms(state, 3, options).out == std::vector<bool>{true, false, false}));
}

BOOST_AUTO_TEST_CASE(equal_arms_seldom_have_a_best_though_looked_at_all_the_time) {
  int found = 0;
  for (int run = 0; run < 100; ++run)
    found += best_of({0.5, 0.5, 0.5}, 200) ? 1 : 0;
  BOOST_TEST(found <= 5);
}

BOOST_AUTO_TEST_CASE(words_tell_the_means_of_both) {
  for (int i = 0; i < 100; ++i)
    serve({0, 1, 0});
  BOOST_TEST(reason_of_pair(state, 0, 1, 3, options).find("reward 1 against 0, difference ") == 0U,
             reason_of_pair(state, 0, 1, 3, options));
  BOOST_TEST(reason_of_pair(state, 1, 2, 3, options).find("reward 0 against 1, difference ") == 0U,
             reason_of_pair(state, 1, 2, 3, options));
}

BOOST_AUTO_TEST_SUITE_END()

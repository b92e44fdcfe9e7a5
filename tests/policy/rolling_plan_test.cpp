#define BOOST_TEST_MODULE rolling_plan
#include "runtime/policy/rolling_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace troupe;

namespace {

rollout_spec rolling(std::uint32_t surge, std::uint32_t unavailable) {
  rollout_spec spec;
  spec.rolling = rolling_bounds{surge, unavailable, std::chrono::seconds(3)};
  return spec;
}

std::vector<permille> weights_of(const rollout_spec& spec) {
  std::vector<permille> weights;
  for (const auto& stage : spec.stages)
    weights.push_back(stage.weight);
  return weights;
}

} // namespace

BOOST_AUTO_TEST_CASE(without_bounds_there_are_no_stages) {
  BOOST_TEST(with_rolling_stages({}, 10).stages.empty());
}

BOOST_AUTO_TEST_CASE(requests_are_divided_by_the_replicas_that_serve) {
  BOOST_TEST((weights_of(with_rolling_stages(rolling(1, 0), 4)) == std::vector<permille>{250, 500, 750}));
  BOOST_TEST((weights_of(with_rolling_stages(rolling(0, 1), 4)) == std::vector<permille>{333, 666}));
  BOOST_TEST((weights_of(with_rolling_stages(rolling(1, 1), 5)) == std::vector<permille>{500}));
  BOOST_TEST(weights_of(with_rolling_stages(rolling(0, 1), 2)).empty());
  BOOST_TEST(weights_of(with_rolling_stages(rolling(4, 0), 4)).empty());
  BOOST_TEST(weights_of(with_rolling_stages(rolling(1, 0), 0)).empty());
  auto spec = with_rolling_stages(rolling(1, 0), 2);
  BOOST_TEST((spec.stages.at(0).strategy == rollout_strategy::rolling));
  BOOST_TEST((spec.stages.at(0).hold == std::chrono::seconds(3)));
}

/// A version with a share of the requests has replicas, up to the moment in which the candidate gets all.
BOOST_AUTO_TEST_CASE(at_no_time_there_are_more_than_the_surge_or_fewer_than_may_be_unavailable) {
  for (std::uint32_t wanted = 1; wanted <= 9; ++wanted)
    for (std::uint32_t surge = 0; surge <= 4; ++surge)
      for (std::uint32_t unavailable = 0; unavailable <= 4; ++unavailable) {
        if (surge + unavailable == 0)
          continue;
        auto bounds = *rolling(surge, unavailable).rolling;
        auto stages = with_rolling_stages(rolling(surge, unavailable), wanted).stages;
        auto now = counts_in(bounds, wanted, std::nullopt);
        std::uint32_t serving = 0; // of the candidate
        for (std::uint32_t stage = 0;; ++stage) {
          BOOST_REQUIRE(now.candidate + now.incumbent <= wanted + surge);
          BOOST_REQUIRE(serving + now.incumbent + unavailable >= wanted);
          BOOST_REQUIRE((now.incumbent > 0 || (stage == 0 && wanted <= unavailable)));
          serving = now.candidate; // only then is the stage before left
          if (stage == stages.size())
            break;
          BOOST_REQUIRE(stages[stage].weight > 0U);
          BOOST_REQUIRE(stages[stage].weight < all_requests);
          now = counts_in(bounds, wanted, stage);
        }
        BOOST_TEST(serving + unavailable >= wanted);
      }
}

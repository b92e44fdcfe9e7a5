#define BOOST_TEST_MODULE process_serving
#include "tests/host/process_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace troupe;

BOOST_AUTO_TEST_CASE(a_real_model_answers_bit_for_bit) {
  process_fixture f;
  auto version = f.load("identity_fp32");
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto infinity = std::numeric_limits<float>::infinity();
  std::vector<float> values{1, -0.0F, infinity, -infinity, std::nanf("7"), std::numeric_limits<float>::denorm_min()};
  auto asked = f.ask(*target, values, 6);
  BOOST_REQUIRE(asked->wait());
  BOOST_REQUIRE(asked->values.size() == values.size());
  BOOST_TEST(std::memcmp(asked->values.data(), values.data(), values.size() * sizeof(float)) == 0);
}

BOOST_AUTO_TEST_CASE(many_requests_over_two_replicas_and_two_loops_each_get_their_own_answer) {
  process_fixture f;
  auto version = f.load("identity_fp32");
  auto target = f.make_pool(version);
  auto one = f.serve(version, target);
  auto two = f.serve(version, target);
  std::vector<std::shared_ptr<outcome>> asked;
  for (int i = 0; i < 3000; ++i)
    asked.push_back(f.ask(*target, {static_cast<float>(i)}));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    BOOST_REQUIRE(asked[i]->wait());
    BOOST_REQUIRE(!asked[i]->failure);
    BOOST_TEST(asked[i]->values[0] == static_cast<float>(i));
  }
  BOOST_TEST(target->count().requests == 3000U);
}

BOOST_AUTO_TEST_CASE(a_models_error_names_the_models_own_words_and_spares_its_neighbours) {
  process_fixture f;
  auto version = f.load("raise_on_magic");
  auto target = f.make_pool(version);
  auto submit = [&](std::vector<float> row) {
    auto result = std::make_shared<outcome>();
    target->submit(std::make_unique<recorded_request>(f.first_loop, std::move(row), 1, result));
    return result;
  };
  auto good = submit({1, 2, 3, 4});
  auto bad = submit({666, 2, 3, 4});
  auto replica = f.serve(version, target);
  BOOST_REQUIRE(good->wait() && bad->wait());
  BOOST_TEST((good->values == std::vector<float>{1, 2, 3, 4}));
  BOOST_REQUIRE(bad->failure.has_value());
  BOOST_TEST((bad->failure->code == error_code::model_failed));
  BOOST_TEST(bad->failure->message.find("magic") != std::string::npos, bad->failure->message);
  BOOST_TEST(!replica.exited.arrived());
}

BOOST_AUTO_TEST_CASE(a_model_that_wants_more_memory_than_its_limit_is_told_so_and_lives) {
  process_fixture f;
  auto version = f.load("alloc_100gb");
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto greedy = f.ask(*target, {666, 2, 3, 4});
  BOOST_REQUIRE(greedy->wait());
  BOOST_REQUIRE(greedy->failure.has_value());
  BOOST_TEST(greedy->failure->message.find("memory") != std::string::npos, greedy->failure->message);
  auto modest = f.ask(*target, {1, 2, 3, 4});
  BOOST_REQUIRE(modest->wait());
  BOOST_TEST(modest->values.size() == 4U);
}

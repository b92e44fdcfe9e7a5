#define BOOST_TEST_MODULE traffic_split
#include "runtime/base/rng.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;

namespace {

constexpr auto incumbent = incumbent_arm;
constexpr auto candidate = candidate_arm;

split_rule weighing(permille weight, std::uint64_t generation = 1, std::uint32_t fuse = 0) {
  return {weight, generation, fuse};
}

std::uint64_t copies_of(const traffic_split& split, std::uint64_t requests) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < requests; ++i)
    count += split.takes_copy();
  return count;
}

std::uint64_t candidates_of(const traffic_split& split, std::uint64_t requests) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < requests; ++i)
    count += split.choose(std::nullopt) == candidate;
  return count;
}

template <class Work>
void on_four_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(work);
  for (auto& thread : threads)
    thread.join();
}

/// How many of `count` keys fall below the weight.
std::uint64_t below(permille weight, std::uint64_t count, const std::string& deployment, std::string (*key)(std::uint64_t)) {
  traffic_split split(weighing(weight));
  std::uint64_t hits = 0;
  for (std::uint64_t i = 0; i < count; ++i)
    hits += split.choose(split_hash(deployment, key(i))) == candidate;
  return hits;
}

std::string counted_key(std::uint64_t i) {
  return "user-" + std::to_string(i);
}

std::string random_key(std::uint64_t i) {
  rng random(i);
  std::string key;
  for (auto size = 1 + random.below(40); size > 0; --size)
    key += static_cast<char>(random.below(256));
  return key;
}

/// Eight bytes, of which one after the other counts.
std::string binary_key(std::uint64_t i) {
  std::string key(8, '\0');
  for (int byte = 0; byte < 8; ++byte)
    key[byte] = static_cast<char>(i >> (8 * byte));
  return key;
}

} // namespace

// -- the fuse ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_fuse_blows_after_so_many_failures_in_a_row_and_only_then) {
  struct row {
    std::uint32_t fuse;
    std::string answers; ///< x: a failure
    int blows_at;        ///< which of them; -1: none
  };
  for (const auto& each : {row{0, "xxxxxxxxxx", -1}, row{1, "....x..", 4}, row{1, "x", 0}, row{3, "xx.xx.xx.", -1},
                           row{3, "xx.xxx", 5}, row{3, "xxxxxxxx", 2}, row{3, "xxx...xxx", 2}, row{5, "xxxx", -1}}) {
    traffic_split split(weighing(all_requests, 1, each.fuse));
    for (int i = 0; i < static_cast<int>(each.answers.size()); ++i) {
      BOOST_TEST(split.note(each.answers[i] == 'x') == (i == each.blows_at));
      bool blown = each.blows_at >= 0 && i >= each.blows_at;
      BOOST_TEST(split.blown().has_value() == blown);
      BOOST_TEST((split.choose(std::nullopt) == (blown ? incumbent : candidate)));
    }
    if (split.blown())
      BOOST_TEST(*split.blown() == each.fuse);
  }
}

BOOST_AUTO_TEST_CASE(a_blown_fuse_gives_everything_to_the_incumbent) {
  traffic_split split(weighing(500, 1, 2));
  split.note(true);
  split.note(true);
  BOOST_TEST(candidates_of(split, 2000) == 0U);
  BOOST_TEST((split.choose(std::nullopt, true) == incumbent));
  BOOST_TEST((split.choose(0) == incumbent));
  split.note(false); // an answer that was under way
  BOOST_TEST((split.choose(0) == incumbent));
}

BOOST_AUTO_TEST_CASE(a_fuse_is_the_generations_and_not_the_tables) {
  traffic_split first(weighing(500, 1, 3));
  first.note(true);
  traffic_split again(weighing(500, 1, 3), &first);
  first.note(true); // of a request that the table before gave away
  BOOST_TEST(again.note(true));
  BOOST_TEST((first.blown() && again.blown()));
  traffic_split once_more(weighing(500, 1, 3), &again);
  BOOST_TEST(once_more.blown().has_value());
  traffic_split next(weighing(500, 2, 3), &once_more);
  BOOST_TEST(!next.blown().has_value());
  BOOST_TEST(candidates_of(next, 1000) == 500U);
  BOOST_TEST(!next.note(true)); // its row begins anew
}

BOOST_AUTO_TEST_CASE(one_of_many_threads_is_told_that_the_fuse_blew) {
  for (int round = 0; round < 200; ++round) {
    traffic_split split(weighing(all_requests, 1, 100));
    std::atomic<int> told{0};
    on_four_threads([&] {
      for (int i = 0; i < 50; ++i)
        told += split.note(true);
    });
    BOOST_TEST_REQUIRE(told == 1);
    BOOST_TEST_REQUIRE(split.blown().has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_fuse_holds_while_threads_also_see_successes) {
  traffic_split split(weighing(all_requests, 1, 5)); // between two successes each thread has one failure
  std::atomic<int> told{0};
  on_four_threads([&] {
    for (int i = 0; i < 20000; ++i) {
      told += split.note(true);
      told += split.note(false);
    }
  });
  BOOST_TEST(told == 0);
  BOOST_TEST(!split.blown().has_value());
}

// -- without a key ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_any_number_of_requests_the_candidate_had_its_share_exactly) {
  for (permille weight : {0, 1, 50, 333, 500, 999, 1000}) {
    traffic_split split(weighing(weight));
    std::uint64_t count = 0;
    for (std::uint64_t n = 1; n <= 100000; ++n) {
      count += split.choose(std::nullopt) == candidate;
      BOOST_TEST_REQUIRE(count == n * weight / 1000);
    }
  }
}

BOOST_AUTO_TEST_CASE(four_threads_together_give_the_candidate_its_share_exactly) {
  for (permille weight : {1, 50, 333})
    for (std::uint64_t each : {1U, 77U, 24999U}) {
      traffic_split split(weighing(weight));
      std::atomic<std::uint64_t> count{0};
      on_four_threads([&] { count += candidates_of(split, each); });
      BOOST_TEST(count == 4 * each * weight / 1000);
    }
}

BOOST_AUTO_TEST_CASE(a_new_table_of_the_same_weight_goes_on_with_the_turns) {
  auto split = std::make_unique<traffic_split>(weighing(1));
  std::uint64_t count = 0;
  for (std::uint64_t generation = 2; generation <= 100; ++generation) {
    count += candidates_of(*split, 99);
    auto next = std::make_unique<traffic_split>(weighing(1, generation), split.get());
    count += candidates_of(*split, 1); // a loop that hasn't seen the new table
    split = std::move(next);
  }
  BOOST_TEST(count == 9U); // of 9,900
  traffic_split other(weighing(2), split.get());
  BOOST_TEST(candidates_of(other, 499) == 0U); // from the beginning
  BOOST_TEST(candidates_of(other, 1) == 1U);
}

BOOST_AUTO_TEST_CASE(requests_that_are_always_the_candidates_take_no_turn) {
  for (permille weight : {0, 333}) {
    traffic_split split(weighing(weight));
    std::uint64_t count = 0;
    for (int i = 0; i < 3000; ++i) {
      BOOST_TEST_REQUIRE((split.choose(std::nullopt, true) == candidate));
      BOOST_TEST_REQUIRE((split.choose(999, true) == candidate));
      count += split.choose(std::nullopt) == candidate;
    }
    BOOST_TEST(count == 3 * weight);
  }
}

BOOST_AUTO_TEST_CASE(a_weight_above_all_requests_is_all_requests) {
  traffic_split split(weighing(5000));
  BOOST_TEST(split.rule().weight == all_requests);
  BOOST_TEST(candidates_of(split, 1000) == 1000U);
}

// -- with a key -------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_weight_has_so_many_buckets_and_a_higher_one_has_all_of_a_lower_ones) {
  std::vector<bool> before(split_buckets, false);
  for (permille weight = 0; weight <= all_requests; ++weight) {
    traffic_split split(weighing(weight));
    std::uint64_t count = 0;
    for (std::uint64_t bucket = 0; bucket < split_buckets; ++bucket) {
      bool now = split.choose(bucket + 1000 * (bucket * 7919)) == candidate;
      BOOST_TEST_REQUIRE((now || !before[bucket]));
      before[bucket] = now;
      count += now;
    }
    BOOST_TEST_REQUIRE(count == weight);
  }
}

BOOST_AUTO_TEST_CASE(keys_take_no_turn) {
  traffic_split split(weighing(333));
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    split.choose(split_hash("digits", counted_key(i)));
    count += split.choose(std::nullopt) == candidate;
  }
  BOOST_TEST(count == 999U);
}

BOOST_AUTO_TEST_CASE(keys_of_any_kind_are_spread_evenly) {
  constexpr std::uint64_t count = 10000;
  for (auto key : {counted_key, random_key, binary_key})
    for (const auto* deployment : {"digits", "d", "a-deployment-with-a-long-name_2"})
      for (permille weight : {1, 10, 50, 333, 500, 900}) {
        double share = weight / 1000.0;
        double deviation = std::sqrt(count * share * (1 - share));
        auto hits = static_cast<double>(below(weight, count, deployment, key));
        BOOST_TEST(std::abs(hits - count * share) < 4 * deviation);
      }
}

BOOST_AUTO_TEST_CASE(who_is_on_one_side_of_a_deployment_is_on_any_side_of_another) {
  constexpr std::uint64_t count = 10000;
  traffic_split half(weighing(500));
  std::uint64_t both = 0;
  for (std::uint64_t i = 0; i < count; ++i)
    both += half.choose(split_hash("digits", counted_key(i))) == candidate
            && half.choose(split_hash("digitt", counted_key(i))) == candidate;
  BOOST_TEST(std::abs(static_cast<double>(both) - count / 4.0) < 4 * std::sqrt(count * 0.25 * 0.75));
}

BOOST_AUTO_TEST_CASE(the_hash_of_a_key_never_changes) {
  struct row {
    const char* deployment;
    const char* key;
    std::uint64_t hash;
    std::uint64_t bucket;
  };
  for (const auto& each :
       {row{"digits", "", 0xf7627a35a80d4139ULL, 793}, row{"digits", "ann", 0x05cd509269e2e04bULL, 691},
        row{"digits", "user-1", 0xf7e05c723622d0c7ULL, 607}, row{"sentiment", "ann", 0x0faf4d05ac0a349bULL, 51},
        row{"digits", "7f3c9a52-1c1e-4c8e-9f0e-2b8a3a7e5d10", 0xa3adaced1a85c0d3ULL, 947},
        row{"digits", "\xc3\xa9", 0x4b5bc7569bc4ab72ULL, 202}}) {
    BOOST_TEST(split_hash(each.deployment, each.key) == each.hash);
    BOOST_TEST(each.hash % split_buckets == each.bucket);
  }
  BOOST_TEST(split_hash("a", "bc") != split_hash("ab", "c"));
}

// -- others of an A/B test ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(others_have_as_many_buckets_as_the_candidate_each_and_the_incumbent_the_rest) {
  traffic_split split({200, 1, 0, 0, 2});
  std::vector<std::uint64_t> buckets(4);
  for (std::uint64_t bucket = 0; bucket < split_buckets; ++bucket)
    ++buckets.at(split.choose(bucket));
  BOOST_TEST((buckets == std::vector<std::uint64_t>{400, 200, 200, 200}));
}

BOOST_AUTO_TEST_CASE(the_candidates_keys_are_its_own_with_others_or_without) {
  traffic_split alone({200, 1});
  traffic_split among({200, 1, 0, 0, 2});
  for (std::uint64_t bucket = 0; bucket < split_buckets; ++bucket)
    BOOST_TEST((alone.choose(bucket) == candidate) == (among.choose(bucket) == candidate));
}

BOOST_AUTO_TEST_CASE(without_keys_all_take_turns_exactly) {
  traffic_split split({111, 1, 0, 0, 3});
  std::vector<std::uint64_t> counts(5);
  for (std::uint64_t n = 1; n <= 2500; ++n) {
    ++counts.at(split.choose(std::nullopt));
    auto share = static_cast<double>(n) * 0.111;
    for (split_arm arm = candidate_arm; arm < 5; ++arm)
      BOOST_TEST(std::abs(static_cast<double>(counts[arm]) - share) <= 1, arm << " after " << n);
  }
}

BOOST_AUTO_TEST_CASE(a_blown_fuse_ends_the_others_too) {
  traffic_split split({200, 1, 1, 0, 2});
  BOOST_TEST(split.note(true));
  for (std::uint64_t bucket = 0; bucket < split_buckets; ++bucket)
    BOOST_TEST(split.choose(bucket) == incumbent);
}

BOOST_AUTO_TEST_CASE(others_that_have_no_room_get_nothing) {
  traffic_split split({500, 1, 0, 0, 2});
  for (std::uint64_t bucket = 0; bucket < split_buckets; ++bucket)
    BOOST_TEST(split.choose(bucket) < first_other_arm);
}

BOOST_AUTO_TEST_CASE(copies_are_taken_exactly_and_by_turns_of_their_own) {
  for (permille share : {0U, 1U, 333U, 1000U}) {
    traffic_split split({0, 1, 0, share});
    BOOST_TEST(candidates_of(split, 500) == 0U);
    BOOST_TEST(copies_of(split, 3000) == 3 * share);
  }
  traffic_split first({0, 1, 0, 2});
  BOOST_TEST(copies_of(first, 499) == 0U);
  traffic_split next({0, 2, 0, 2}, &first);
  BOOST_TEST(copies_of(next, 1) == 1U); // the turns go on
}

BOOST_AUTO_TEST_CASE(a_blown_fuse_ends_copies_too) {
  traffic_split split({0, 1, 1, 1000});
  split.note(true);
  BOOST_TEST(copies_of(split, 10) == 0U);
}

#define BOOST_TEST_MODULE response_cache
#include "runtime/serving/response_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace troupe;

namespace {

input_digest key(std::uint8_t number) {
  input_digest made{};
  made[0] = number;
  return made;
}

/// Outputs of one FP32 tensor. The values must outlive them.
std::vector<tensor_view> outputs_of(const std::vector<float>& values) {
  tensor_view view;
  view.rank = 1;
  view.dims[0] = static_cast<std::int64_t>(values.size());
  view.data = reinterpret_cast<const std::byte*>(values.data());
  view.size = values.size() * sizeof(float);
  return {view};
}

float first_of(const kept_tensors& kept) {
  return *reinterpret_cast<const float*>(kept.views()[0].data);
}

/// What the cache counts for one such output.
std::uint64_t size_of(const std::vector<float>& values) {
  response_cache one(1 << 20);
  one.add(key(1), outputs_of(values));
  return one.bytes();
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_never_answered_is_not_found) {
  response_cache cache(1 << 20);
  BOOST_TEST(cache.find(key(1)) == nullptr);
  BOOST_TEST(cache.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(outputs_larger_than_the_cache_are_not_kept) {
  std::vector<float> values(10'000, 1);
  response_cache cache(10'000);
  cache.add(key(1), outputs_of({1}));
  cache.add(key(2), outputs_of(values));
  BOOST_TEST(cache.find(key(2)) == nullptr);
  BOOST_TEST(cache.find(key(1)) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_copy_of_what_was_answered_is_found) {
  response_cache cache(1 << 20);
  {
    std::vector<float> values{7, 8};
    cache.add(key(1), outputs_of(values));
    values[0] = 0;
  }
  auto found = cache.find(key(1));
  BOOST_REQUIRE(found != nullptr);
  BOOST_TEST(first_of(*found) == 7);
  BOOST_TEST(found->views()[0].dims[0] == 2);
  BOOST_TEST(cache.find(key(2)) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_first_answer_to_the_same_inputs_stays) {
  response_cache cache(1 << 20);
  std::vector<float> one{1};
  std::vector<float> two{2};
  cache.add(key(1), outputs_of(one));
  cache.add(key(1), outputs_of(two));
  BOOST_TEST(first_of(*cache.find(key(1))) == 1);
  BOOST_TEST(cache.bytes() == size_of(one));
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_makes_room) {
  std::vector<float> value{1};
  auto size = size_of(value);
  response_cache cache(3 * size);
  for (std::uint8_t i = 1; i <= 3; ++i)
    cache.add(key(i), outputs_of(value));
  cache.find(key(1));
  cache.add(key(4), outputs_of(value));
  BOOST_TEST(cache.find(key(2)) == nullptr);
  for (std::uint8_t i : {1, 3, 4})
    BOOST_TEST(cache.find(key(i)) != nullptr, int(i));
  BOOST_TEST(cache.bytes() == 3 * size);
}

BOOST_AUTO_TEST_CASE(what_was_found_lives_on_after_it_made_room) {
  std::vector<float> value{5};
  response_cache cache(size_of(value));
  cache.add(key(1), outputs_of(value));
  auto found = cache.find(key(1));
  cache.add(key(2), outputs_of(value));
  BOOST_TEST(cache.find(key(1)) == nullptr);
  BOOST_TEST(first_of(*found) == 5);
}

BOOST_AUTO_TEST_CASE(threads_that_add_and_find_keep_its_bound) {
  const std::vector<std::vector<float>> values = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
  auto bytes_max = 4 * size_of(values[0]);
  response_cache cache(bytes_max);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        auto number = static_cast<std::uint8_t>((i * 7 + t) % 8);
        if (auto found = cache.find(key(number)); found != nullptr && first_of(*found) != static_cast<float>(number))
          ++wrong;
        cache.add(key(number), outputs_of(values[number]));
        if (cache.bytes() > bytes_max)
          ++wrong;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(wrong == 0);
}

#define BOOST_TEST_MODULE request_queue
#include "runtime/serving/request_queue.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;
using step = request_queue::step;

namespace {

class numbered_request final : public inference_request {
public:
  explicit numbered_request(int id) : number(id) {}
  void on_outputs(const std::vector<tensor_view>&) override {}
  void on_error(const error&) override {}
  int number;
};

int number_of(const request_ptr& request) {
  return static_cast<const numbered_request&>(*request).number;
}

struct fixture {
  request_queue queue{3};

  void push(int number, std::size_t level, std::uint32_t rows = 1) { queue.push(make(number, level, rows)); }
  static request_ptr make(int number, std::size_t level, std::uint32_t rows = 1) {
    auto made = std::make_unique<numbered_request>(number);
    made->level = level;
    made->rows = rows;
    return made;
  }
  std::vector<int> numbers() {
    std::vector<int> found;
    queue.walk([&](request_ptr& each) {
      found.push_back(number_of(each));
      return step::keep;
    });
    return found;
  }
};

using ints = std::vector<int>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(request_queue_suite, fixture)

BOOST_AUTO_TEST_CASE(a_queue_that_is_new_is_empty) {
  BOOST_TEST(queue.empty());
  BOOST_TEST(queue.rows() == 0U);
  BOOST_TEST(queue.ahead_of(2).requests == 0U);
  BOOST_TEST(numbers().empty());
}

BOOST_AUTO_TEST_CASE(what_is_tried_again_comes_first_then_level_by_level_in_order_of_arrival) {
  push(30, 2);
  push(10, 0);
  push(20, 1);
  push(11, 0);
  std::vector<request_ptr> again;
  again.push_back(make(1, 2));
  again.push_back(make(2, 0));
  queue.push_again(std::move(again));
  BOOST_TEST(numbers() == (ints{1, 2, 10, 11, 20, 30}), boost::test_tools::per_element());
  for (int expected : {1, 2, 10, 11, 20, 30})
    BOOST_TEST(number_of(queue.pop()) == expected);
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(rows_are_counted_by_level_and_in_all) {
  push(10, 0, 4);
  push(20, 1, 3);
  push(21, 1, 0); // of a model without batches
  BOOST_TEST(queue.rows() == 8U);
  BOOST_TEST(queue.rows_of_level(1) == 4U);
  BOOST_TEST(queue.ahead_of(0).rows == 4U);
  BOOST_TEST(queue.ahead_of(2).rows == 8U);
  BOOST_TEST(queue.ahead_of(2).requests == 3U);
  queue.pop();
  BOOST_TEST(queue.rows() == 4U);
  BOOST_TEST(queue.rows_of_level(0) == 0U);
}

BOOST_AUTO_TEST_CASE(a_walk_drops_delays_and_keeps_wherever_they_stand) {
  for (int i = 0; i < 6; ++i)
    push(i, static_cast<std::size_t>(i / 3), 2);
  std::vector<request_ptr> dropped;
  queue.walk([&](request_ptr& each) {
    auto number = number_of(each);
    if (number == 0 || number == 5) {
      dropped.push_back(std::move(each));
      return step::drop;
    }
    return number == 1 && each->wait_until != steady_time::max() ? step::delay : step::keep;
  });
  BOOST_TEST(dropped.size() == 2U);
  BOOST_TEST(numbers() == (ints{2, 3, 4, 1}), boost::test_tools::per_element());
  BOOST_TEST(queue.rows() == 8U);
  BOOST_TEST(queue.rows_of_level(0) == 2U);
}

BOOST_AUTO_TEST_CASE(a_walk_that_stops_leaves_the_rest_as_it_is) {
  for (int i = 0; i < 5; ++i)
    push(i, 0);
  queue.walk([&](request_ptr& each) {
    auto number = number_of(each);
    if (number == 3)
      return step::stop;
    if (number != 1)
      return step::keep;
    each.reset();
    return step::drop;
  });
  BOOST_TEST(numbers() == (ints{0, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

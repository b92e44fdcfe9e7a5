#define BOOST_TEST_MODULE piece_window
#include "runtime/base/rng.hpp"
#include "runtime/policy/piece_window.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace troupe;

namespace {

piece_window::piece bytes(std::size_t count) {
  return std::make_shared<const std::string>(count, 'x');
}

/// All that it asks for now.
std::vector<byte_range> asked(piece_window& window) {
  std::vector<byte_range> ranges;
  while (auto range = window.next())
    ranges.push_back(*range);
  return ranges;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_piece_that_is_empty_or_too_long_is_not_taken) {
  piece_window window(0, 10, 10, 1);
  auto range = window.next().value();
  BOOST_TEST(!window.take(range, bytes(0)));
  BOOST_TEST(!window.take(range, nullptr));
  BOOST_TEST(!window.take(range, bytes(11)));
  BOOST_TEST(!window.pop().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_whole_is_complete_without_a_question) {
  piece_window window(10, 10, 4, 4);
  BOOST_TEST(window.complete());
  BOOST_TEST(asked(window).empty());
}

BOOST_AUTO_TEST_CASE(no_more_is_under_way_than_may_be_until_it_is_written) {
  piece_window window(3, 100, 10, 2);
  auto first = asked(window);
  BOOST_REQUIRE(first.size() == 2U);
  BOOST_TEST(first[0].offset == 3U);
  BOOST_TEST(first[1].offset == 13U);
  BOOST_TEST(window.take(first[0], bytes(10)));
  BOOST_TEST(asked(window).empty());
  BOOST_TEST(window.pop().has_value());
  BOOST_TEST(asked(window).empty());
  window.on_written();
  BOOST_TEST(asked(window).size() == 1U);
}

BOOST_AUTO_TEST_CASE(pieces_come_out_in_order_and_the_last_is_as_long_as_what_is_left) {
  piece_window window(0, 25, 10, 3);
  auto ranges = asked(window);
  BOOST_REQUIRE(ranges.size() == 3U);
  BOOST_TEST(ranges[2].bytes == 5U);
  BOOST_TEST(window.take(ranges[2], bytes(5)));
  BOOST_TEST(window.take(ranges[1], bytes(10)));
  BOOST_TEST(!window.pop().has_value());
  BOOST_TEST(window.take(ranges[0], bytes(10)));
  for (std::size_t size : {10U, 10U, 5U}) {
    BOOST_TEST(window.pop().value()->size() == size);
    BOOST_TEST(!window.complete());
    window.on_written();
  }
  BOOST_TEST(window.complete());
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_short_piece_is_asked_for_again) {
  piece_window window(0, 10, 10, 1);
  BOOST_TEST(window.take(window.next().value(), bytes(4)));
  BOOST_TEST(window.pop().value()->size() == 4U);
  window.on_written();
  auto rest = window.next().value();
  BOOST_TEST(rest.offset == 4U);
  BOOST_TEST(rest.bytes == 6U);
}

BOOST_AUTO_TEST_CASE(asked_anew_it_begins_behind_what_was_popped) {
  piece_window window(0, 40, 10, 3);
  auto ranges = asked(window);
  BOOST_TEST(window.take(ranges[0], bytes(10)));
  BOOST_TEST(window.take(ranges[2], bytes(10)));
  BOOST_TEST(window.pop().has_value());
  window.ask_anew();
  auto again = asked(window);
  BOOST_REQUIRE(again.size() == 2U); // one is being written
  BOOST_TEST(again[0].offset == 10U);
  BOOST_TEST(!window.pop().has_value());
}

BOOST_AUTO_TEST_CASE(whatever_order_and_length_answers_have_all_bytes_come_once_in_order) {
  rng random(7);
  for (int round = 0; round < 200; ++round) {
    std::uint64_t total = random.below(200), at = random.below(total + 1);
    piece_window window(at, total, 1 + static_cast<std::uint32_t>(random.below(20)), 1 + random.below(5));
    std::vector<byte_range> open;
    while (!window.complete()) {
      for (const auto& range : asked(window))
        open.push_back(range);
      if (!open.empty() && random.chance(0.1)) {
        open.clear();
        window.ask_anew();
        continue;
      }
      BOOST_REQUIRE(!open.empty());
      auto which = open.begin() + static_cast<std::ptrdiff_t>(random.below(open.size()));
      BOOST_REQUIRE(window.take(*which, bytes(1 + random.below(which->bytes))));
      open.erase(which);
      while (auto piece = window.pop()) {
        at += (*piece)->size();
        window.on_written();
      }
    }
    BOOST_TEST(at == total);
  }
}

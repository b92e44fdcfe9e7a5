#define BOOST_TEST_MODULE load_levels
#include "runtime/cli/load_levels.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace troupe;
namespace data = boost::unit_test::data;

namespace {

std::vector<std::uint64_t> levels(std::string_view text, std::uint64_t most = 4096) {
  auto read = parse_levels(text, most);
  return read ? *read : std::vector<std::uint64_t>();
}

using list = std::vector<std::uint64_t>;

} // namespace

BOOST_AUTO_TEST_CASE(a_level_a_list_and_a_doubling_range_are_read) {
  BOOST_TEST((levels("8") == list{8}));
  BOOST_TEST((levels("4,1,2") == list{4, 1, 2}));
  BOOST_TEST((levels("1:64") == list{1, 2, 4, 8, 16, 32, 64}));
  BOOST_TEST((levels("4096:4096") == list{4096}));
}

BOOST_AUTO_TEST_CASE(a_range_ends_with_its_last_level_even_where_doubling_misses_it) {
  BOOST_TEST((levels("3:50") == list{3, 6, 12, 24, 48, 50}));
}

BOOST_DATA_TEST_CASE(everything_else_is_refused_with_how_to_write_it,
                     data::make({"", "0", "4097", "-1", "1.5", "1,", ",1", "1,,2", "x", "8 ", "8:4", "1:", ":8", "1:2:3", "0:8",
                                 "99999999999999999999"}),
                     text) {
  auto read = parse_levels(text, 4096);
  BOOST_REQUIRE(!read.ok());
  BOOST_TEST(
      read.failure().message
      == "'" + std::string(text)
             + "' is no level and no list of them; write 8, 1,2,4 or 1:64 (doubling): at most 64 of them, each from 1 to 4096");
}

BOOST_AUTO_TEST_CASE(a_list_that_is_too_long_is_refused) {
  std::string text = "1";
  for (std::size_t i = 1; i < load_levels_max; ++i)
    text += ",1";
  BOOST_TEST(levels(text).size() == load_levels_max);
  BOOST_TEST(levels(text + ",1").empty());
}

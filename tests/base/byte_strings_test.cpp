#define BOOST_TEST_MODULE byte_strings
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  auto first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_length_that_is_cut_off_or_goes_too_far_is_no_string) {
  for (auto text : {std::string_view("\1\0\0", 3), std::string_view("\1\0\0\0", 4), std::string_view("\377\377\377\377ab", 6)}) {
    auto bytes = bytes_of(text);
    byte_string_reader reader(bytes.data(), bytes.size());
    BOOST_TEST(!reader.next());
    BOOST_TEST(reader.left() == bytes.size());
    BOOST_TEST(!bytes_of_strings(bytes.data(), bytes.size(), 1));
  }
}

BOOST_AUTO_TEST_CASE(strings_come_back_in_their_order_with_any_bytes_in_them) {
  const std::string_view with_zero("a\0b", 3);
  auto bytes = byte_strings_of({"first", "", with_zero});
  byte_string_reader reader(bytes.data(), bytes.size());
  BOOST_TEST(reader.next().value() == "first");
  BOOST_TEST(reader.next().value() == "");
  BOOST_TEST((reader.next().value() == with_zero));
  BOOST_TEST(!reader.next());
  BOOST_TEST(reader.left() == 0U);
}

BOOST_AUTO_TEST_CASE(the_bytes_of_the_first_strings_are_told) {
  auto bytes = byte_strings_of({"ab", "c", "d"});
  BOOST_TEST(bytes_of_strings(bytes.data(), bytes.size(), 0).value() == 0U);
  BOOST_TEST(bytes_of_strings(bytes.data(), bytes.size(), 2).value() == 11U);
  BOOST_TEST(bytes_of_strings(bytes.data(), bytes.size(), 3).value() == bytes.size());
  BOOST_TEST(!bytes_of_strings(bytes.data(), bytes.size(), 4));
}

BOOST_AUTO_TEST_CASE(zeros_are_texts_of_the_number) {
  BOOST_TEST((zero_byte_strings(2) == byte_strings_of({"0", "0"})));
  BOOST_TEST(zero_byte_strings(0).empty());
}

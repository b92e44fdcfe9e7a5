#define BOOST_TEST_MODULE expression
#include "runtime/base/expression.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace troupe;

namespace {

const std::vector<named_value> values = {{"rows", 12}, {"batches", 4}, {"nothing", 0}};

double value_of(const std::string& text) {
  auto value = evaluate(text, values);
  BOOST_REQUIRE_MESSAGE(value.ok(), text << ": " << (value ? "" : value.failure().message));
  return *value;
}

std::string problem(const std::string& text) {
  auto value = evaluate(text, values);
  if (value)
    return "";
  BOOST_TEST((value.failure().code == error_code::invalid_argument));
  return value.failure().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expression)

BOOST_AUTO_TEST_CASE(arithmetic_over_names_is_computed_as_usual) {
  BOOST_TEST(value_of("rows / batches") == 3);
  BOOST_TEST(value_of("1 + 2 * rows - (batches + 1)^2") == 0);
  BOOST_TEST(value_of("-rows + 1.5e1") == 3);
  BOOST_TEST(value_of("max(rows, 20) + min(1, 2)") == 21);
  BOOST_TEST(value_of("rows > 10 && batches < 5 ? 7 : 8") == 7);
}

BOOST_AUTO_TEST_CASE(what_is_divided_by_zero_is_not_finite) {
  BOOST_TEST(!std::isfinite(value_of("rows / nothing")));
  BOOST_TEST(std::isnan(value_of("nothing / (rows - 12)")));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_told_with_its_place) {
  BOOST_TEST(problem("") == "expression is empty");
  BOOST_TEST(problem("rows +") == "unexpected end of expression at position 7");
  BOOST_TEST(problem("(rows") == "missing parenthesis");
  BOOST_TEST(problem("rows batches") == "unexpected value \"batches\" found at position 5");
  BOOST_TEST(problem("rows = 3") == "unexpected operator \"=\" found at position 5");
  BOOST_TEST(problem("rows, batches") == "there is more than one value, divided by commas");
  BOOST_TEST(!problem("\"rows\"").empty());
  BOOST_TEST(!problem(std::string(100'000, '(') + "1").empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_told_with_the_nearest) {
  BOOST_TEST(problem("rowz / batches") == "there is no \"rowz\"; did you mean 'rows'?");
}

BOOST_AUTO_TEST_CASE(names_are_found_where_they_stand_as_names) {
  const std::vector<std::string_view> known = {"row", "rows", "batches"};
  BOOST_TEST((names_in("rows / 2 + max(batches, 1)", known) == std::set<std::string>{"rows", "batches"}));
  BOOST_TEST((names_in("rows / 2", known) == std::set<std::string>{"rows"}));
  BOOST_TEST(names_in("rows /", known).empty());
}

BOOST_AUTO_TEST_SUITE_END()

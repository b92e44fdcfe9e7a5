#define BOOST_TEST_MODULE verdict
#include "runtime/policy/evidence/figures.hpp"
#include "runtime/policy/evidence/verdict.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace troupe;

namespace {

verdict of(standing is) {
  verdict one;
  one.is = is;
  return one;
}

constexpr auto undecided = standing::undecided;
constexpr auto worse = standing::worse;
constexpr auto fine = standing::fine;

} // namespace

BOOST_AUTO_TEST_CASE(no_checks_promote_nothing) {
  BOOST_TEST((overall({}) == undecided));
}

BOOST_AUTO_TEST_CASE(one_that_is_worse_outweighs_all_and_one_that_is_undecided_holds) {
  struct row {
    std::vector<verdict> checks;
    standing expected;
  };
  const row rows[] = {
      {{of(fine)}, fine},
      {{of(fine), of(fine)}, fine},
      {{of(fine), of(undecided)}, undecided},
      {{of(undecided), of(worse)}, worse},
      {{of(fine), of(worse), of(fine)}, worse},
  };
  for (const auto& each : rows)
    BOOST_TEST((overall(each.checks) == each.expected));
}

BOOST_AUTO_TEST_CASE(shares_of_alpha_add_up_to_alpha) {
  BOOST_TEST(alpha_share({0.05, 5, 3, 2}) * 30 == 0.05, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(alpha_share({0.05, 0, 0, 0}) == 0.05);
}

BOOST_AUTO_TEST_CASE(standings_have_names) {
  BOOST_TEST(to_string(undecided) == std::string("undecided"));
  BOOST_TEST(to_string(worse) == std::string("worse"));
  BOOST_TEST(to_string(fine) == std::string("fine"));
}

BOOST_AUTO_TEST_CASE(figures_are_short) {
  BOOST_TEST(figure(0) == "0");
  BOOST_TEST(figure(0.0312) == "0.031");
  BOOST_TEST(figure(41.2) == "41");
  BOOST_TEST(figure(99.7) == "100");
  BOOST_TEST(figure(1234.4) == "1234");
  BOOST_TEST(figure(std::numeric_limits<double>::infinity()) == "over a million");
  BOOST_TEST(figure(std::numeric_limits<double>::quiet_NaN()) == "unknown");
  BOOST_TEST(percent(0.031) == "3.1 %");
  BOOST_TEST(evidence_words(41, 20) == "e-value 41 > 20");
  BOOST_TEST(evidence_words(3, 20) == "e-value 3 of 20");
}

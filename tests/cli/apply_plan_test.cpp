#define BOOST_TEST_MODULE apply_plan
#include "runtime/cli/apply_plan.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

const version_content first = {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", ""};
const version_content second = {"aaaaaaaaaaaaaaaa", "cccccccccccccccc", "dddddddddddddddd"};

std::string text_of(const std::vector<apply_change>& plan) {
  std::string text;
  for (const auto& change : plan) {
    text += std::string(to_string(change.action)) + " " + change.name;
    for (const auto& one : change.differences)
      text += " " + one.what + ":" + one.from + ">" + one.to;
    text += "\n";
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_as_asked_for_needs_nothing) {
  BOOST_TEST(plan_apply({{"digits", first, 2}}, {{"digits", first, 2}}, true).empty());
  BOOST_TEST(plan_apply({{"digits", first, 0}}, {{"digits", first, 7}}, true).empty());
}

BOOST_AUTO_TEST_CASE(what_is_new_is_deployed) {
  BOOST_TEST(text_of(plan_apply({{"digits", second, 2}}, {}, false))
             == "deploy digits model.pt:->aaaaaaaaaaaa model.toml:->cccccccccccc golden.json:->dddddddddddd replicas:->2\n");
}

BOOST_AUTO_TEST_CASE(each_difference_is_told_and_other_replicas_alone_are_a_scale) {
  BOOST_TEST(text_of(plan_apply({{"digits", second, 4}}, {{"digits", first, 2}}, false))
             == "deploy digits model.toml:bbbbbbbbbbbb>cccccccccccc golden.json:->dddddddddddd replicas:2>4\n");
  BOOST_TEST(text_of(plan_apply({{"digits", first, 4}}, {{"digits", first, 2}}, false)) == "scale digits replicas:2>4\n");
  BOOST_TEST(text_of(plan_apply({{"digits", first, 4}}, {{"digits", second, 4}}, false))
             == "deploy digits model.toml:cccccccccccc>bbbbbbbbbbbb golden.json:dddddddddddd>-\n");
}

BOOST_AUTO_TEST_CASE(a_deployment_without_a_version_that_serves_is_deployed) {
  BOOST_TEST(text_of(plan_apply({{"digits", first, 0}}, {{"digits", {}, 2}}, false))
             == "deploy digits model.pt:->aaaaaaaaaaaa model.toml:->bbbbbbbbbbbb\n");
}

BOOST_AUTO_TEST_CASE(what_the_file_does_not_name_is_left_alone_unless_pruned) {
  BOOST_TEST(plan_apply({}, {{"old", first, 1}}, false).empty());
  BOOST_TEST(text_of(plan_apply({{"digits", first, 3}}, {{"old", first, 1}, {"digits", first, 2}}, true))
             == "scale digits replicas:2>3\nundeploy old\n");
}

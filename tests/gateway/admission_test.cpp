#define BOOST_TEST_MODULE admission
#include "runtime/gateway/admission.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/spread_of.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>

using namespace troupe;

namespace {

struct fixture {
  kj_loop loop{"test", [](const std::string&) {}};
  routing_cell routes;
  real_clock time;
  gateway_options options;
  drain_gate drain;
  admission door{loop, routes, time, options, drain};

  error failure_of(std::string_view deployment) {
    auto found = door.find_target_of_request(deployment, 0);
    BOOST_REQUIRE(!found);
    return found.failure();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(until_a_node_has_heard_what_is_served_requests_are_told_to_go_elsewhere, fixture) {
  BOOST_REQUIRE(door.closed().has_value());
  BOOST_TEST((door.closed()->code == error_code::unavailable));
  BOOST_TEST((failure_of("digits").code == error_code::unavailable));
  BOOST_TEST((door.find_target("digits", 0).failure().code == error_code::unavailable));
  routes.publish(std::make_shared<routing_table>());
  BOOST_TEST(!door.closed().has_value());
  BOOST_TEST((failure_of("digits").code == error_code::not_found));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_answer_just_now_says_why, fixture) {
  error why{error_code::unavailable, "deployment 'digits' is being started; retry in a moment"};
  auto table = std::make_shared<routing_table>();
  (*table)["digits"] = {{"digits", 3}, nullptr, why};
  routes.publish(table);
  BOOST_TEST((failure_of("digits") == why));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_stops_takes_no_request_but_still_tells_of_models, fixture) {
  routes.publish(std::make_shared<routing_table>());
  drain.close();
  BOOST_TEST((failure_of("digits") == drain_gate::refusal()));
  BOOST_TEST((door.find_target("digits", 0).failure().code == error_code::not_found));
}

namespace {

/// Version 3 of "digits" is live, version 4 takes its requests over.
struct divided_fixture : fixture {
  collected_events events;
  std::shared_ptr<spread> live = version(3);
  std::shared_ptr<spread> candidate = version(4);

  std::shared_ptr<spread> version(version_number number) {
    return spread_of(std::make_shared<pool>(version_id{"digits", number}, model_spec{}, time, events), time);
  }
  std::shared_ptr<answer_watch> watch =
      std::make_shared<answer_watch>(time, std::vector<check_spec>(), model_spec(), model_spec());

  void divide(permille weight, split_key key = {}, std::optional<always_rule> always = {}, permille copies = 0,
              bool takes_rewards = false) {
    auto split = std::make_shared<traffic_split>(split_rule{weight, 1, 2, copies});
    auto table = std::make_shared<routing_table>();
    candidate_route to{{"digits", 4}, candidate, split, key, always, watch, takes_rewards, 5};
    (*table)["digits"] = {{"digits", 3}, live, {}, to};
    routes.publish(table);
  }
  error_code why_no_reward(const request_marks& marks, double value, std::string_view name = "digits") {
    auto counted = door.reward(name, marks, value);
    BOOST_REQUIRE(!counted);
    return counted.failure().code;
  }
  version_number chosen(const request_marks& marks = {}, std::string_view name = "digits", version_number asked = 0) {
    auto to = door.choose(name, asked, marks);
    return to ? to->target->id().number : 0;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(names_of_versions_that_there_are_not_are_refused, divided_fixture) {
  divide(500);
  for (auto name : {"digits@", "digits@x", "digits@0", "digits@5", "digits@3x", "words@candidate", "digits@99999999999"})
    BOOST_TEST((failure_of(name).code == error_code::not_found), name);
  BOOST_TEST(chosen({}, "digits@3", 4) == 0U);
  auto table = std::make_shared<routing_table>();
  (*table)["digits"] = {{"digits", 3}, live, {}, {}};
  routes.publish(table);
  BOOST_TEST((failure_of("digits@candidate").code == error_code::not_found));
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_cannot_answer_gets_no_turn_and_says_so_if_it_is_asked_for, divided_fixture) {
  candidate = nullptr;
  divide(1000);
  BOOST_TEST(chosen() == 3U);
  BOOST_TEST((failure_of("digits@candidate").code == error_code::unavailable));
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_has_no_place_just_now_leaves_its_requests_to_the_live_version, divided_fixture) {
  candidate->set_local(nullptr);
  divide(1000);
  auto to = door.choose("digits", 0, {});
  BOOST_REQUIRE(to.ok());
  BOOST_TEST(to->target->id().number == 3U);
  BOOST_TEST((to->observer == watch->observer_of(incumbent_arm)));
  BOOST_TEST(to->judged_by == nullptr);
  divide(1000, {split_key_kind::request_id, {}}, {}, 0, true);
  request_marks marks;
  marks.id = "id";
  BOOST_TEST(door.reward("digits", marks, 1).ok());
  BOOST_TEST(watch->read().incumbent.rewards.count == 1U);
  BOOST_TEST(chosen({}, "digits@candidate") == 4U); // who asks for it hears why it can't answer
}

BOOST_FIXTURE_TEST_CASE(requests_take_turns_by_the_weight, divided_fixture) {
  divide(100);
  int of_candidate = 0;
  for (int i = 0; i < 1000; ++i)
    of_candidate += chosen() == 4U ? 1 : 0;
  BOOST_TEST(of_candidate == 100);
}

BOOST_FIXTURE_TEST_CASE(who_asks_for_a_version_gets_it_and_takes_no_turn, divided_fixture) {
  divide(1);
  for (int i = 0; i < 2000; ++i) {
    BOOST_REQUIRE(chosen({}, "digits@candidate") == 4U);
    BOOST_REQUIRE(chosen({}, "digits@4") == 4U);
    BOOST_REQUIRE(chosen({}, "digits", 3) == 3U);
  }
  int of_candidate = 0;
  for (int i = 0; i < 1000; ++i)
    of_candidate += chosen() == 4U ? 1 : 0;
  BOOST_TEST(of_candidate == 1);
}

BOOST_FIXTURE_TEST_CASE(a_key_stays_with_its_version_whichever_it_is, divided_fixture) {
  for (auto kind : {split_key_kind::caller, split_key_kind::header, split_key_kind::request_id}) {
    divide(300, {kind, "x-user"});
    int of_candidate = 0;
    for (int user = 0; user < 1000; ++user) {
      auto name = "user-" + std::to_string(user);
      auto fields = "Other:1\nX-User:" + name + "\n";
      request_marks marks{name, name, fields};
      auto first = chosen(marks);
      BOOST_REQUIRE(chosen(marks) == first);
      of_candidate += first == 4U ? 1 : 0;
    }
    BOOST_TEST(of_candidate > 240);
    BOOST_TEST(of_candidate < 360);
  }
  BOOST_TEST(door.chooses_by_id("digits", 0));
  BOOST_TEST(!door.chooses_by_id("digits", 3));
}

BOOST_FIXTURE_TEST_CASE(others_answer_their_keys_and_whoever_asks_for_them, divided_fixture) {
  watch = std::make_shared<answer_watch>(time, std::vector<check_spec>(), model_spec(), model_spec(), 2);
  auto split = std::make_shared<traffic_split>(split_rule{300, 1, 2, 0, 2});
  candidate_route to{{"digits", 4}, candidate, split, {split_key_kind::request_id, {}}, {}, watch, true, 5};
  to.others = {{{"digits", 1}, version(1)}, {{"digits", 2}, nullptr}};
  auto table = std::make_shared<routing_table>();
  (*table)["digits"] = {{"digits", 3}, live, {}, to};
  routes.publish(table);
  std::map<version_number, int> counts;
  for (int i = 0; i < 1000; ++i) {
    auto id = "id-" + std::to_string(i);
    request_marks marks;
    marks.id = id;
    auto first = chosen(marks);
    BOOST_TEST(chosen(marks) == first);
    ++counts[first];
  }
  BOOST_TEST(counts[1] > 200);
  BOOST_TEST(counts[4] > 200);
  BOOST_TEST(counts[2] == 0); // it can't answer: its keys go to the live one
  BOOST_TEST(counts[3] > 300);
  BOOST_TEST(chosen({}, "digits@1") == 1U);
  BOOST_TEST((failure_of("digits@2").code == error_code::unavailable));
}

BOOST_FIXTURE_TEST_CASE(a_rule_decides_before_the_weight, divided_fixture) {
  divide(0, {}, always_rule{"", "x-canary", "yes"});
  BOOST_TEST(chosen({"", "", "X-Canary: yes\n"}) == 4U);
  BOOST_TEST(chosen({"", "", "X-Canary: no\n"}) == 3U);
  BOOST_TEST(chosen() == 3U);
  divide(0, {}, always_rule{"anna", "", ""});
  BOOST_TEST(chosen({"anna", "", ""}) == 4U);
  BOOST_TEST(chosen({"ben", "", ""}) == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_fails_in_a_row_gets_nothing_more, divided_fixture) {
  divide(1000);
  for (int i = 0; i < 2; ++i) {
    auto to = door.choose("digits", 0, {});
    BOOST_REQUIRE(to->judged_by != nullptr);
    to->judged_by->note(true);
  }
  BOOST_TEST(chosen() == 3U);
  BOOST_TEST(door.choose("digits", 0, {})->judged_by == nullptr);
}

// -- copies and rewards -------------------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(copies_are_only_of_what_the_live_version_answers, divided_fixture) {
  divide(0, {}, always_rule{"anna", "", ""}, 1000);
  auto copied = door.choose("digits", 0, {});
  BOOST_TEST((copied->target == live));
  BOOST_TEST((copied->copies_to == candidate));
  BOOST_TEST(copied->copies_max == 5U);
  BOOST_TEST((door.choose("digits", 0, {"anna", "", ""})->copies_to == nullptr));
  BOOST_TEST((door.choose("digits@candidate", 0, {})->copies_to == nullptr));
  BOOST_TEST((door.choose("digits@3", 0, {})->copies_to == nullptr));
  candidate = nullptr;
  divide(0, {}, {}, 1000);
  BOOST_TEST((door.choose("digits", 0, {})->copies_to == nullptr));
}

BOOST_FIXTURE_TEST_CASE(a_reward_that_nobody_wants_or_understands_is_refused, divided_fixture) {
  request_marks order{"anna", "order-1", ""};
  divide(500, {split_key_kind::request_id, ""});
  BOOST_TEST((why_no_reward(order, 1) == error_code::failed_precondition));
  divide(500, {split_key_kind::request_id, ""}, {}, 0, true);
  for (double value : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    BOOST_TEST((why_no_reward(order, value) == error_code::invalid_argument));
  std::string long_id(request_id_bytes_max + 1, 'x');
  for (std::string_view id : {std::string_view(), std::string_view(long_id)})
    BOOST_TEST((why_no_reward({"anna", id, ""}, 1) == error_code::invalid_argument));
  BOOST_TEST((why_no_reward(order, 1, "words") == error_code::not_found));
  divide(500, {split_key_kind::header, "x-user"}, {}, 0, true);
  BOOST_TEST((why_no_reward(order, 1) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_reward_counts_for_the_version_that_answered_its_request, divided_fixture) {
  for (auto kind : {split_key_kind::caller, split_key_kind::header, split_key_kind::request_id}) {
    watch = std::make_shared<answer_watch>(time, std::vector<check_spec>(), model_spec(), model_spec());
    divide(500, {kind, "x-user"}, {}, 0, true);
    std::uint64_t of_candidate = 0;
    for (int i = 0; i < 100; ++i) {
      auto name = "user-" + std::to_string(i);
      auto fields = "X-User: " + name + "\n";
      request_marks marks{name, name, fields};
      of_candidate += chosen(marks) == 4U ? 1 : 0;
      auto counted = door.reward("digits", marks, 1);
      BOOST_REQUIRE(counted.ok());
      BOOST_TEST(*counted);
      BOOST_TEST(!*door.reward("digits", marks, 0));
    }
    BOOST_TEST(watch->read().candidate.rewards.count == of_candidate);
    BOOST_TEST(watch->read().incumbent.rewards.count == 100 - of_candidate);
  }
}

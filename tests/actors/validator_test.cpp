#define BOOST_TEST_MODULE validator
#include "actors/validator.hpp"
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

namespace {

struct validator_fixture : tree_fixture {
  caf::expected<validation> check(const std::string& golden_text) {
    return ask<validation>(actors.catalog.get(),
                           validate_model{sha, toml(1), golden_text.empty() ? std::string() : keep(golden_text)});
  }
  std::size_t serving() {
    auto replicas = newest().pool.replicas;
    return static_cast<std::size_t>(std::count_if(
        replicas.begin(), replicas.end(), [](const replica_info& replica) { return replica.phase == replica_phase::serving; }));
  }
  std::string message_of(const caf::expected<validation>& answer) {
    BOOST_REQUIRE(!answer);
    return to_error(answer.error()).message;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(validator_suite, validator_fixture)

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_files_is_the_answer) {
  auto catalog = actors.catalog.get();
  BOOST_TEST((code_of(ask<validation>(catalog, validate_model{sha, "nonsense", ""})) == error_code::invalid_argument));
  BOOST_TEST((code_of(ask<validation>(catalog, validate_model{std::string(64, 'a'), toml(1), ""})) == error_code::not_found));
  BOOST_TEST((code_of(ask<validation>(catalog, validate_model{sha, toml(1), std::string(64, 'a')})) == error_code::not_found));
  BOOST_TEST(message_of(check("{")).find("golden.json") == 0U);
}

BOOST_AUTO_TEST_CASE(golden_outputs_that_differ_are_told_by_case_output_index_expected_and_found) {
  auto message = message_of(check(golden("[1, 3]")));
  for (const char* part : {"golden.json: case 0", "'y'", "[0, 1]", "expected 3", "found 2"})
    BOOST_TEST(message.find(part) != std::string::npos, message << " lacks " << part);
}

BOOST_AUTO_TEST_CASE(a_good_version_is_reported_and_leaves_no_process) {
  auto report = check(golden("[1, 2]"));
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cases == 1U);
  BOOST_TEST(hosts.alive.empty());
  BOOST_TEST(ask<deployment_list>(actors.catalog.get(), list_deployments{})->deployments.empty());
}

BOOST_AUTO_TEST_CASE(what_the_machine_lacks_is_waited_for_and_what_the_model_lacks_is_not) {
  hosts.validations_by_hand = true;
  hosts.obliging = false;
  auto waits = ask_later<validation>(actors.catalog.get(), validate_model{sha, toml(1), ""});
  hosts.load_failed(0, {error_code::unavailable, "no memory"});
  settle();
  BOOST_TEST(!waits->has_value());
  pass(node.timing.retry_max);
  BOOST_REQUIRE(hosts.loads.size() == 2U);
  hosts.load_failed(1, {error_code::invalid_argument, "not a TorchScript file"});
  settle();
  BOOST_REQUIRE(waits->has_value());
  BOOST_TEST(message_of(**waits) == "not a TorchScript file");
}

BOOST_AUTO_TEST_CASE(checks_are_few_at_a_time_and_end_after_a_while) {
  hosts.validations_by_hand = true;
  hosts.obliging = false;
  std::vector<decltype(ask_later<validation>(actors.catalog.get(), validate_model{}))> under_way;
  for (std::uint32_t i = 0; i < node.checks_max; ++i)
    under_way.push_back(ask_later<validation>(actors.catalog.get(), validate_model{sha, toml(1), ""}));
  settle();
  auto one_more = ask<validation>(actors.catalog.get(), validate_model{sha, toml(1), ""});
  BOOST_TEST((code_of(one_more) == error_code::overloaded));
  BOOST_TEST(message_of(one_more) == "4 checks are under way, the most at a time (limits.checks); try again later");
  pass(node.timing.check_patience);
  for (auto& check : under_way) {
    BOOST_REQUIRE(check->has_value());
    BOOST_TEST(message_of(**check) == "the check did not end within 5m; `troupe events` tells what it waited for");
  }
  BOOST_TEST(hosts.alive.empty());
  hosts.validations_by_hand = false;
  hosts.obliging = true;
  BOOST_TEST(static_cast<bool>(check("")));
}

BOOST_AUTO_TEST_CASE(a_deploy_whose_golden_outputs_differ_fails_and_the_version_before_goes_on) {
  BOOST_REQUIRE(deploy_digits());
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), deploy{"digits", sha, toml(1), 0, keep(golden("[0, 0]")), "anna"}));
  BOOST_TEST((newest().record.state == version_state::failed));
  BOOST_TEST(newest().record.reason.find("golden.json: case 0") == 0U);
  BOOST_TEST(newest().record.created_by == "anna");
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.loads.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_ends_a_validation_and_its_processes) {
  hosts.validations_by_hand = true;
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  BOOST_TEST((newest().record.state == version_state::validating));
  hosts.load_up(0);
  settle();
  hosts.fork_up(0);
  BOOST_TEST(hosts.alive.size() == 1U);
  hosts.fork_up(0);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  settle();
  BOOST_TEST((newest().record.state == version_state::failed));
  BOOST_TEST(hosts.alive.empty());
}

BOOST_AUTO_TEST_CASE(a_model_whose_host_never_comes_up_is_refused_after_some_tries) {
  hosts.validations_by_hand = true;
  hosts.obliging = false;
  auto waits = ask_later<validation>(actors.catalog.get(), validate_model{sha, toml(1), ""});
  for (std::size_t attempt = 0; attempt < validator_state::deaths_max; ++attempt) {
    BOOST_TEST(!waits->has_value());
    hosts.load_up(attempt);
    settle();
    hosts.fork_failed(attempt, {error_code::unavailable, "its host exit:13"});
    pass_in_steps(node.timing.retry_max, 100ms);
  }
  BOOST_REQUIRE(waits->has_value());
  BOOST_TEST(message_of(**waits) == "its host exit:13");
  BOOST_TEST(events.named("validation_put_off").size() == validator_state::deaths_max - 1);
}

BOOST_AUTO_TEST_CASE(a_rollback_to_a_version_ends_the_validation_of_another) {
  BOOST_REQUIRE(deploy_digits());
  BOOST_REQUIRE(deploy_digits());
  pass_in_steps(700s, 1s);
  hosts.validations_by_hand = true;
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  auto before = hosts.alive.size();
  hosts.load_up(2);
  settle();
  hosts.fork_up(2);
  BOOST_TEST(hosts.alive.size() == before + 1);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits", 1}));
  BOOST_TEST(hosts.alive.size() == before);
}

BOOST_AUTO_TEST_CASE(every_new_replica_gives_the_golden_outputs_before_it_gets_requests) {
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), deploy{"digits", sha, toml(2), 0, keep(golden("[1, 2]"))}));
  BOOST_TEST(routed() == 1U);
  hosts.wrong_from = hosts.forks.size(); // from now on hosts give something else
  hosts.replica_dies(0);
  settle();
  pass_in_steps(2s, 50ms);
  BOOST_TEST(serving() == 1U);
  BOOST_TEST(events.named("replica_not_verified").size() >= 1U);
  hosts.wrong_from = std::numeric_limits<std::size_t>::max();
  pass_in_steps(20s, 50ms);
  BOOST_TEST(serving() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

#define BOOST_TEST_MODULE deployment
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

BOOST_FIXTURE_TEST_SUITE(deployment_suite, tree_fixture)

// -- what goes wrong --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(commands_for_an_unknown_deployment_are_not_found) {
  auto catalog = actors.catalog.get();
  BOOST_TEST((code_of(ask<done>(catalog, scale{"digits", 2})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(catalog, undeploy{"digits"})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(catalog, await_version{"digits", 0})) == error_code::not_found));
  BOOST_TEST((code_of(ask<deployment_list>(catalog, list_deployments{"digits"})) == error_code::not_found));
}

BOOST_AUTO_TEST_CASE(what_a_deploy_gets_wrong_is_refused_before_anything_is_made) {
  auto refused = [this](deploy ask_for) { return code_of(ask<deployed>(actors.catalog.get(), std::move(ask_for))); };
  BOOST_TEST((refused({"-digits", sha, toml(1), 0}) == error_code::invalid_argument));
  BOOST_TEST((refused({"digits", sha, "nonsense", 0}) == error_code::invalid_argument));
  BOOST_TEST((refused({"digits", sha, toml(1), 257}) == error_code::invalid_argument));
  BOOST_TEST((refused({"digits", std::string(64, 'a'), toml(1), 0}) == error_code::not_found));
  BOOST_TEST(ask<deployment_list>(actors.catalog.get(), list_deployments{})->deployments.empty());
}

BOOST_AUTO_TEST_CASE(a_model_at_fault_fails_its_version_and_who_awaits_it_gets_the_reason) {
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  auto awaited = await_digits(1);
  hosts.load_failed(0, {error_code::invalid_argument, "not a TorchScript file"});
  settle();
  BOOST_REQUIRE(awaited->has_value());
  auto why = to_error((*awaited)->error());
  BOOST_TEST((why.code == error_code::failed_precondition));
  BOOST_TEST(why.message == "version 1 failed: not a TorchScript file");
  pass_in_steps(60s, 1s);
  BOOST_TEST(hosts.loads.size() == 1U);
  BOOST_TEST((newest().record.state == version_state::failed));
  BOOST_TEST((code_of(**await_digits()) == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE(a_load_that_failed_for_want_of_something_is_tried_again) {
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  auto awaited = await_digits(1);
  hosts.load_failed(0, {error_code::unavailable, "no memory"});
  settle();
  BOOST_TEST(hosts.loads.size() == 1U);
  hosts.obliging = true;
  pass(node.timing.retry_base);
  BOOST_TEST(hosts.loads.size() == 2U);
  BOOST_REQUIRE(awaited->has_value());
  BOOST_TEST(static_cast<bool>(**awaited));
}

BOOST_AUTO_TEST_CASE(a_store_that_refuses_is_told_to_the_client_and_nothing_was_deployed) {
  records.full = true;
  BOOST_TEST((code_of(deploy_digits()) == error_code::io_failed));
  records.full = false;
  pass_in_steps(5s, 100ms);
  BOOST_TEST(hosts.loads.empty());
  BOOST_REQUIRE(deploy_digits());
  BOOST_TEST(routed() == 1U);
}

BOOST_AUTO_TEST_CASE(a_scale_that_is_not_durable_changes_nothing) {
  BOOST_REQUIRE(deploy_digits(2));
  records.full = true;
  BOOST_TEST((code_of(ask<done>(actors.catalog.get(), scale{"digits", 4})) == error_code::io_failed));
  records.full = false;
  pass_in_steps(5s, 100ms);
  BOOST_TEST(view().record.wanted_replicas == 2U);
  BOOST_TEST(runners() == 2U);
}

BOOST_AUTO_TEST_CASE(a_deploy_while_another_version_is_on_its_way_up_is_refused_and_says_how_to_end_that_one) {
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  auto refused = deploy_digits();
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(to_error(refused.error()).message
             == "version 1 is on its way up (preparing); wait for it, or end it with `troupe rollback`, then deploy again");
  auto awaited = await_digits(1);
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  BOOST_REQUIRE(awaited->has_value());
  BOOST_TEST(to_error((*awaited)->error()).message == "version 1 failed: ended by a rollback before it was live");
  hosts.obliging = true;
  BOOST_REQUIRE(deploy_digits());
  BOOST_TEST(routed() == 2U);
  hosts.load_failed(0, {error_code::invalid_argument, "late news"});
  pass_in_steps(1s, 100ms);
  BOOST_TEST(view().versions.at(1).record.reason == "ended by a rollback before it was live");
}

BOOST_AUTO_TEST_CASE(a_version_waits_while_the_only_node_for_it_is_suspect_and_fails_once_that_is_dead) {
  auto this_node_is = [this](placement_use use) {
    nodes_changed change;
    change.nodes.push_back({{node.node_id, 4, 8ULL << 30, 0, {}, use}, node.node_name, {}});
    caf::anon_send(actors.placer.get(), change);
    settle();
  };
  for (bool dies : {false, true}) {
    this_node_is(placement_use::suspect);
    BOOST_REQUIRE(deploy_digits());
    BOOST_TEST((newest().record.state == version_state::preparing));
    BOOST_TEST(newest().unplaced != "");
    this_node_is(dies ? placement_use::gone : placement_use::usable);
    pass_in_steps(1s, 100ms);
    BOOST_TEST((newest().record.state == (dies ? version_state::failed : version_state::live)));
  }
}

BOOST_AUTO_TEST_CASE(replicas_that_never_start_fail_the_version_after_some_tries) {
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits(8));
  auto awaited = await_digits(1);
  hosts.load_up(0);
  settle();
  BOOST_REQUIRE(hosts.forks.size() == 8U);
  std::size_t failed = 0;
  for (int round = 0; round < 10 && !awaited->has_value(); ++round) {
    for (; failed < hosts.forks.size(); ++failed)
      hosts.fork_failed(failed, {error_code::unavailable, "no memory"});
    settle();
    BOOST_TEST((awaited->has_value() == (round == 4))); // the eight of one round count once
    pass(node.timing.retry_max);
  }
  BOOST_REQUIRE(awaited->has_value());
  BOOST_TEST((code_of(**awaited) == error_code::failed_precondition));
}

// -- replicas ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_replica_whose_host_dies_is_started_again) {
  BOOST_REQUIRE(deploy_digits(2));
  BOOST_TEST(runners() == 2U);
  hosts.replica_dies(0);
  settle();
  pass_in_steps(1s, 50ms);
  BOOST_TEST(hosts.forks.size() == 3U);
  BOOST_TEST(hosts.alive == (std::set<pid_t>{101, 102}), boost::test_tools::per_element());
  BOOST_TEST(events.named("replica_crashed").size() == 1U);
  BOOST_TEST(newest().pool.replicas.size() == 2U);
  BOOST_TEST(newest().pool.replicas[0].restarts + newest().pool.replicas[1].restarts == 1U);
}

BOOST_AUTO_TEST_CASE(after_the_template_died_replicas_are_replaced_one_by_one_and_go_on_serving) {
  BOOST_REQUIRE(deploy_digits(3));
  hosts.obliging = false;
  hosts.template_dies(0);
  settle();
  pass(node.timing.retry_base);
  BOOST_REQUIRE(hosts.loads.size() == 2U);
  BOOST_TEST(hosts.alive.size() == 3U);
  BOOST_TEST(routed() == 1U);
  hosts.load_up(1);
  settle();
  for (std::size_t replaced = 0; replaced < 3; ++replaced) {
    BOOST_REQUIRE(hosts.forks.size() == 4 + replaced); // no more than one at once
    BOOST_TEST(hosts.alive.size() == 3U);
    hosts.fork_up(3 + replaced);
    settle();
  }
  pass_in_steps(1s, 50ms);
  BOOST_TEST(hosts.forks.size() == 6U);
  BOOST_TEST(hosts.alive == (std::set<pid_t>{103, 104, 105}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_scale_down_while_replicas_are_replaced_still_replaces_the_rest) {
  BOOST_REQUIRE(deploy_digits(4));
  hosts.obliging = false;
  hosts.template_dies(0);
  settle();
  pass(node.timing.retry_base);
  hosts.load_up(1);
  settle();
  BOOST_REQUIRE(hosts.forks.size() == 5U);
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 2}));
  hosts.fork_up(4);
  hosts.obliging = true;
  pass_in_steps(1s, 50ms);
  BOOST_TEST(runners() == 2U);
  BOOST_TEST(hosts.alive.size() == 2U);
  for (auto pid : hosts.alive)
    BOOST_TEST(pid >= 104); // none is left from the template that died
}

BOOST_AUTO_TEST_CASE(a_scale_down_stops_what_does_not_serve_yet_first) {
  BOOST_REQUIRE(deploy_digits(1));
  hosts.obliging = false;
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 3}));
  settle();
  BOOST_REQUIRE(hosts.forks.size() == 3U);
  hosts.fork_up(2); // the newest serves, the one before doesn't
  settle();
  BOOST_TEST(runners() == 2U);
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 2}));
  settle();
  BOOST_TEST(runners() == 2U);
}

BOOST_AUTO_TEST_CASE(scaling_starts_and_stops_replicas_and_0_drops_the_route) {
  BOOST_REQUIRE(deploy_digits(1));
  for (std::uint32_t wanted : {3U, 1U, 0U, 2U}) {
    BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", wanted}));
    pass_in_steps(1s, 50ms);
    BOOST_TEST(runners() == wanted);
    BOOST_TEST(hosts.alive.size() == wanted);
    BOOST_TEST(routed() == (wanted == 0 ? 0U : 1U));
  }
}

BOOST_AUTO_TEST_CASE(who_asks_a_deployment_that_cant_answer_hears_why) {
  auto why_not = [this] { return routes.read()->at("digits").why_not.message; };
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits());
  BOOST_TEST(why_not() == "version 1 of 'digits' is on its way up (preparing); retry once it is live");
  hosts.load_failed(0, {error_code::invalid_argument, "bad"});
  settle();
  BOOST_TEST(why_not() == "no version of 'digits' serves; `troupe versions digits` says why");
  hosts.obliging = true;
  BOOST_REQUIRE(deploy_digits());
  BOOST_TEST(routed() == 2U);
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 0}));
  BOOST_TEST(why_not() == "deployment 'digits' is scaled to 0; `troupe scale digits N` serves it again");
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 1}));
  pass_in_steps(1s, 50ms);
  hosts.obliging = false;
  BOOST_REQUIRE(ask<child_up>(root, restart_child{"pools"}));
  settle();
  BOOST_TEST(why_not() == "deployment 'digits' is being started; retry in a moment");
}

BOOST_AUTO_TEST_CASE(a_deployment_that_dies_takes_nothing_from_service) {
  BOOST_REQUIRE(deploy_digits(2));
  auto before = hosts.alive;
  hosts.obliging = false;
  BOOST_REQUIRE(ask<child_up>(actors.deployments.get(), restart_child{"digits"}));
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.alive == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_leader_that_dies_with_all_that_it_knows_stops_nothing_that_runs) {
  BOOST_REQUIRE(deploy_digits(2));
  auto before = hosts.alive;
  hosts.obliging = false;
  BOOST_REQUIRE(ask<child_up>(root, restart_child{"serving"}));
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.alive == before, boost::test_tools::per_element());
  BOOST_TEST(hosts.loads.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_scale_from_0_while_its_pool_still_drains_is_routed_once_the_next_one_serves) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 0}));
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), scale{"digits", 1}));
  pass_in_steps(1s, 50ms);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(runners() == 1U);
}

// -- versions ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_second_version_takes_over_when_it_serves_and_the_first_one_drains) {
  BOOST_REQUIRE(deploy_digits(2));
  auto old = routes.read()->at("digits").target;
  hosts.obliging = false;
  BOOST_TEST(deploy_digits(2)->version == 2U);
  auto awaited = await_digits(2);
  hosts.load_up(1);
  settle();
  hosts.fork_up(2);
  settle();
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(!awaited->has_value());
  hosts.fork_up(3);
  settle();
  BOOST_TEST(routed() == 2U);
  BOOST_REQUIRE(awaited->has_value());
  BOOST_TEST(static_cast<bool>(**awaited));
  BOOST_TEST(old->replicas() == 2U);
  BOOST_TEST((view().versions.at(1).record.state == version_state::superseded));
  BOOST_TEST(view().versions.at(1).resident);
  pass_in_steps(599s, 1s);
  BOOST_TEST(hosts.alive.size() == 4U);
  pass_in_steps(2s, 50ms);
  BOOST_TEST(hosts.alive == (std::set<pid_t>{102, 103}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rollback_to_a_resident_version_needs_no_new_process) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_TEST(routed() == 2U);
  auto back = ask<deployed>(actors.catalog.get(), rollback{"digits"});
  BOOST_REQUIRE(back);
  BOOST_TEST(back->version == 1U);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.loads.size() == 2U);
  BOOST_TEST((view().versions.at(0).record.state == version_state::rolled_back));
  BOOST_TEST(view().versions.at(0).record.reason == "version 1 was brought back");
  BOOST_TEST((view().versions.at(1).record.state == version_state::live));
  BOOST_TEST((code_of(ask<deployed>(actors.catalog.get(), rollback{"digits"})) == error_code::failed_precondition));
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits", 2})); // and forward again
  BOOST_TEST(routed() == 2U);
  pass_in_steps(700s, 1s);
  BOOST_TEST(hosts.alive.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_from_a_version_that_is_not_the_newest_any_more_is_a_conflict) {
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(deploy_digits(1));
  rollback both{"digits"};
  both.from = 3;
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), both));
  auto late = ask<deployed>(actors.catalog.get(), both);
  BOOST_TEST((code_of(late) == error_code::conflict));
  BOOST_TEST(to_error(late.error()).message
             == "version 3 is not the newest at work any more, version 2 is: somebody was faster; look at `troupe versions` and "
                "decide again");
  BOOST_TEST(routed() == 2U);
  BOOST_TEST(events.named("rollback_asked").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_resident_version_that_lost_its_replicas_is_started_again_before_a_rollback_to_it) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(deploy_digits(1));
  hosts.obliging = false;
  hosts.replica_dies(0);
  settle();
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  settle();
  BOOST_TEST(routed() == 2U); // which answers as long as the other can't
  hosts.obliging = true;
  hosts.fork_up(2);
  settle();
  BOOST_TEST(routed() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_to_a_version_that_is_not_resident_starts_it_first) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(deploy_digits(1));
  pass_in_steps(700s, 1s);
  BOOST_TEST(hosts.alive.size() == 1U);
  hosts.obliging = false;
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  auto awaited = await_digits(1);
  BOOST_TEST(routed() == 2U);
  BOOST_REQUIRE(hosts.loads.size() == 3U);
  hosts.load_up(2);
  settle();
  hosts.fork_up(2);
  settle();
  BOOST_TEST(routed() == 1U);
  BOOST_REQUIRE(awaited->has_value());
  BOOST_TEST(static_cast<bool>(**awaited));
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_jumps_keeps_no_version_resident_for_ever_and_takes_none_from_service) {
  for (auto jump : {-24h * 365, 24h * 365}) {
    BOOST_REQUIRE(deploy_digits(1));
    BOOST_REQUIRE(deploy_digits(1));
    time.set_wall_clock(jump);
    caf::anon_send_exit(actors.catalog.get(), caf::exit_reason::kill);
    pass_in_steps(5s, 50ms);
    BOOST_TEST(routed() == view().versions.at(0).record.id.number);
    pass_in_steps(700s, 1s);
    BOOST_TEST(routed() == view().versions.at(0).record.id.number);
    BOOST_TEST(hosts.alive.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_version_that_is_wanted_back_while_it_drains_is_started_anew) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(deploy_digits(1));
  pass_in_steps(600s, 1s); // its pool is asked to stop
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), rollback{"digits"}));
  pass_in_steps(2s, 50ms);
  BOOST_TEST(routed() == 1U);
}

BOOST_AUTO_TEST_CASE(versions_beyond_keep_are_forgotten_and_a_rollback_to_one_says_so) {
  for (int i = 0; i < 8; ++i)
    BOOST_REQUIRE(deploy_digits(1));
  BOOST_TEST(view().versions.size() == 5U);
  auto refused = ask<deployed>(actors.catalog.get(), rollback{"digits", 2});
  BOOST_TEST((code_of(refused) == error_code::not_found));
  BOOST_TEST(to_error(refused.error()).message == "version 2 was collected; kept are 4, 5, 6, 7, 8");
  BOOST_TEST((code_of(ask<deployed>(actors.catalog.get(), rollback{"digits", 9})) == error_code::not_found));
}

BOOST_AUTO_TEST_CASE(who_watches_a_version_hears_of_each_move) {
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits(1));
  auto first = ask<version_progress>(actors.catalog.get(), watch_version{"digits", 1});
  BOOST_REQUIRE(first);
  BOOST_TEST((first->record.state == version_state::preparing));
  auto next = ask_later<version_progress>(actors.catalog.get(), watch_version{"digits", 1, first->record.moves.size()});
  BOOST_TEST(!next->has_value());
  hosts.load_up(0);
  settle();
  BOOST_REQUIRE(next->has_value());
  BOOST_TEST(((**next)->record.state == version_state::starting));
  hosts.fork_up(0);
  settle();
  auto last = ask<version_progress>(actors.catalog.get(), watch_version{"digits", 1, 99});
  BOOST_REQUIRE(last);
  BOOST_TEST((last->record.state == version_state::live));
  BOOST_TEST(last->record.moves.size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_second_version_that_fails_leaves_the_first_one_serving) {
  BOOST_REQUIRE(deploy_digits(1));
  hosts.obliging = false;
  BOOST_REQUIRE(deploy_digits(1));
  hosts.load_failed(1, {error_code::invalid_argument, "bad"});
  pass_in_steps(1s, 50ms);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.alive.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_undeployed_name_can_be_deployed_again_at_once) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), undeploy{"digits"}));
  BOOST_TEST(routed() == 0U);
  BOOST_TEST((code_of(ask<deployment_list>(actors.catalog.get(), list_deployments{"digits"})) == error_code::not_found));
  BOOST_TEST(deploy_digits(1)->version == 1U);
  pass_in_steps(1s, 50ms);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.alive.size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_two_first_deploys_at_once_none_is_lost_and_none_is_mixed_up) {
  std::vector<kept_answer<deployed>> both(2);
  for (auto& answer : both) {
    answer = std::make_shared<std::optional<caf::expected<deployed>>>();
    sys.spawn([=, whom = actors.catalog.get(), question = deploy{"faces", sha, toml(1), 0}](caf::event_based_actor* asker) {
      asker->request(whom, caf::infinite, question)
          .then([=](deployed& made) { answer->emplace(made); }, [=](caf::error& why) { answer->emplace(std::move(why)); });
    });
  }
  settle();
  BOOST_REQUIRE((both[0]->has_value() && both[1]->has_value()));
  // One is the first version; the other comes too early, unless the first is up already.
  BOOST_TEST((**both[0] || **both[1]));
  for (const auto& answer : both)
    if (!**answer)
      BOOST_TEST((code_of(**answer) == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE(a_deployment_that_dies_comes_back_from_the_store_and_is_routed_again) {
  BOOST_REQUIRE(deploy_digits(1));
  BOOST_REQUIRE(ask<child_up>(actors.deployments.get(), restart_child{"digits"}));
  pass_in_steps(5s, 50ms);
  BOOST_TEST(routed() == 1U);
  BOOST_TEST(hosts.alive.size() == 1U);
  BOOST_TEST((code_of(ask<done>(actors.catalog.get(), await_version{"digits", 9})) == error_code::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

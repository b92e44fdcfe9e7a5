#define BOOST_TEST_MODULE leader_proxy
#include "actors/errors.hpp"
#include "actors/leader_proxy.hpp"

#include "tests/actors/asking_fixture.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

deployment_view view_of(const std::string& name) {
  deployment_view view;
  view.record.name = name;
  return view;
}

/// Node 2's proxies; node 1 leads and is there.
struct proxy_fixture : asking_fixture {
  catalog_actor catalog;
  registrar_actor registrar;
  placer_actor placer;

  proxy_fixture() {
    node.node_id = node_2;
    node.lead.set({1, node_1, {}});
    leader_is(true);
    catalog = sys.spawn(catalog_proxy, std::cref(node));
    registrar = sys.spawn(registrar_proxy, std::cref(node));
    placer = sys.spawn(placer_proxy, std::cref(node));
    settle();
  }
  ~proxy_fixture() override {
    for (const auto& each :
         {caf::actor_cast<caf::actor>(catalog), caf::actor_cast<caf::actor>(registrar), caf::actor_cast<caf::actor>(placer)})
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    wire.asked.clear();
    settle();
  }

  void leader_is(bool there) { board.set(node_1, {"n1", "10.0.0.1:7551", there, 0, false}); }

  /// The leader answers what it is asked of this kind.
  template <class Question>
  void leader_tells(const result<peer_answer>& answer) {
    wire.answer_all<Question>([&](const std::string&, const Question&) { return answer; });
    settle();
  }
  void leader_lists(std::vector<deployment_view> deployments) {
    leader_tells<list_deployments>(peer_answer(deployment_list{std::move(deployments)}));
  }
  template <class T>
  static error failure_of(const kept_answer<T>& answer) {
    BOOST_REQUIRE(answer->has_value());
    BOOST_REQUIRE(!answer->value());
    return to_error(answer->value().error());
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(leader_proxy_suite, proxy_fixture)

BOOST_AUTO_TEST_CASE(what_changes_something_goes_to_the_leader_and_its_answer_comes_back) {
  auto answer = ask_later<deployed>(catalog, deploy{"digits", "sha", "toml", 1});
  BOOST_TEST(wire.asked.back().whom.node_id == node_1);
  BOOST_TEST(wire.asked.back().whom.address == "10.0.0.1:7551");
  leader_tells<deploy>(peer_answer(deployed{7}));
  BOOST_TEST(answer->value()->version == 7U);
  auto refused = ask_later<done>(catalog, scale{"faces", 1});
  leader_tells<scale>(error{error_code::not_found, "no deployment 'faces'"});
  BOOST_TEST((failure_of(refused) == error{error_code::not_found, "no deployment 'faces'"}));
}

BOOST_AUTO_TEST_CASE(while_the_leader_is_away_a_change_is_refused_at_once_with_since_when_and_what_goes_on) {
  leader_lists({});
  pass(2s);
  leader_is(false);
  auto asked_before = wire.asked.size();
  auto why = failure_of(ask_later<done>(catalog, scale{"digits", 2}));
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(
      why.message
      == "the leader, n1 (10.0.0.1:7551), is away, last heard of 2 s ago: requests are served, but nothing can be changed until "
         "it is back; if it is lost for good, let another node lead with `troupe restore DIR --lead`");
  BOOST_TEST((failure_of(ask_later<token_made>(registrar, create_token{})).code == error_code::unavailable));
  BOOST_TEST((failure_of(ask_later<done>(registrar, remove_member{"n3"})).code == error_code::unavailable));
  BOOST_TEST(wire.asked.size() == asked_before);
}

BOOST_AUTO_TEST_CASE(a_leader_that_was_never_heard_of_is_said_to_be_so) {
  leader_is(false);
  auto why = failure_of(ask_later<done>(catalog, undeploy{"digits"}));
  BOOST_TEST(why.message.find("is away, not heard of since this node started: ") != std::string::npos, why.message);
}

BOOST_AUTO_TEST_CASE(a_leader_that_is_there_and_does_not_answer_is_told_of_as_it_is) {
  auto asked = ask_later<done>(catalog, scale{"digits", 2});
  leader_tells<scale>(error{error_code::unavailable, "the node is still starting; retry"});
  BOOST_TEST(failure_of(asked).message == "the leader, n1, can't answer just now: the node is still starting; retry");
}

BOOST_AUTO_TEST_CASE(a_leader_that_vanishes_with_the_question_may_have_done_it) {
  auto asked = ask_later<done>(catalog, scale{"digits", 2});
  leader_is(false);
  leader_tells<scale>(error{error_code::deadline_exceeded, "the connection broke"});
  auto why = failure_of(asked);
  BOOST_TEST((why.code == error_code::deadline_exceeded));
  BOOST_TEST(why.message.find("it may have done what was asked for, or do so once it is back") != std::string::npos, why.message);
}

BOOST_AUTO_TEST_CASE(deployments_are_told_as_the_leader_tells_them_and_while_it_is_away_as_it_told_them_last_with_their_age) {
  leader_lists({view_of("digits"), view_of("faces")}); // asked of its own accord
  auto now = ask_later<deployment_list>(catalog, list_deployments{"digits"});
  leader_lists({view_of("digits")});
  BOOST_TEST(now->value()->age.count() == 0);
  pass(3s);
  leader_is(false);
  auto all = ask<deployment_list>(catalog, list_deployments{});
  BOOST_TEST(all->deployments.size() == 2U);
  BOOST_TEST((all->age == 3s));
  auto one = ask<deployment_list>(catalog, list_deployments{"faces"});
  BOOST_REQUIRE(one->deployments.size() == 1U);
  BOOST_TEST(one->deployments[0].record.name == "faces");
  auto none = failure_of(ask_later<deployment_list>(catalog, list_deployments{"cats"}));
  BOOST_TEST((none.code == error_code::not_found));
  BOOST_TEST(none.message.find("deployment 'cats' wasn't there 3 s ago; since then the leader, n1") == 0U, none.message);
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_is_answered_with_what_is_known) {
  leader_lists({view_of("digits")});
  auto asked = ask_later<deployment_list>(catalog, list_deployments{});
  leader_tells<list_deployments>(error{error_code::unavailable, "the connection broke"});
  BOOST_TEST(asked->value()->deployments.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_leader_says_is_no_age_matter) {
  leader_lists({view_of("digits")});
  auto asked = ask_later<deployment_list>(catalog, list_deployments{"cats"});
  leader_tells<list_deployments>(error{error_code::not_found, "no deployment 'cats'"});
  BOOST_TEST((failure_of(asked) == error{error_code::not_found, "no deployment 'cats'"}));
}

BOOST_AUTO_TEST_CASE(a_node_that_never_reached_its_leader_knows_nothing_of_deployments) {
  leader_is(false);
  leader_tells<list_deployments>(error{error_code::unavailable, "refused"});
  BOOST_TEST((failure_of(ask_later<deployment_list>(catalog, list_deployments{})).code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(the_leader_is_looked_at_now_and_then_though_nobody_asks) {
  leader_lists({});
  pass(5s);
  leader_lists({view_of("digits")});
  leader_is(false);
  BOOST_TEST(ask<deployment_list>(catalog, list_deployments{})->deployments.size() == 1U);
}

BOOST_AUTO_TEST_CASE(another_leader_is_asked_as_soon_as_it_leads) {
  const std::string node_3 = std::string(31, 'a') + "3";
  board.set(node_3, {"n3", "10.0.0.3:7551", true, 0, false});
  node.lead.set({2, node_3, {}});
  auto asked = ask_later<done>(catalog, scale{"digits", 2});
  BOOST_TEST(wire.asked.back().whom.address == "10.0.0.3:7551");
}

BOOST_AUTO_TEST_CASE(of_reports_the_newest_is_told_and_one_at_a_time) {
  auto report = [](std::uint64_t sequence) {
    node_report told;
    told.node_id = node_2;
    told.sequence = sequence;
    return told;
  };
  auto told = [this] {
    std::vector<std::uint64_t> sequences;
    for (const auto& each : wire.asked)
      if (auto what = std::get_if<node_report>(&each.what))
        sequences.push_back(what->sequence);
    return sequences;
  };
  for (std::uint64_t sequence : {1, 2, 3})
    caf::anon_send(placer, report(sequence));
  settle();
  BOOST_TEST(told() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
  leader_tells<node_report>(peer_answer(done{}));
  BOOST_TEST(told() == std::vector<std::uint64_t>{3}, boost::test_tools::per_element());
  leader_tells<node_report>(error{error_code::unavailable, "the connection broke"});
  BOOST_TEST(told().empty());
  caf::anon_send(placer, report(4));
  settle();
  BOOST_TEST(told() == std::vector<std::uint64_t>{4}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_leader_places_and_lists_members) {
  BOOST_TEST((failure_of(ask_later<done>(placer, drop_demand{"digits"})).code == error_code::failed_precondition));
  BOOST_TEST((failure_of(ask_later<member_list>(registrar, list_members{})).code == error_code::failed_precondition));
  BOOST_TEST(ask<actor_status>(catalog, get_status{})->detail == "leader n1");
  leader_is(false);
  BOOST_TEST(ask<actor_status>(placer, get_status{})->detail == "leader n1, which is away");
}

BOOST_AUTO_TEST_SUITE_END()

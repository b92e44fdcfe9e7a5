#define BOOST_TEST_MODULE membership
#include "actors/membership.hpp"

#include "tests/actors/asking_fixture.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

member_record record_of(const std::string& id, const std::string& name) {
  member_record record;
  record.node_id = id;
  record.name = name;
  record.address = "10.0.0.2:7551";
  return record;
}

/// Keeps the nodes that it was told of last.
placer_actor::behavior_type listening_placer(std::shared_ptr<std::vector<node_view>> nodes) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [](const deployment_demand&) { return done{}; },
      [](const drop_demand&) { return done{}; },
      [](const retain_demands&) {},
      [](const node_report&) {},
      [nodes](const nodes_changed& change) { *nodes = change.nodes; },
      [](const user_list&) {},
      [](const get_placement&) { return placement_view{}; },
      [](const get_traffic&) { return traffic_view{}; },
  };
}

/// Node 1, which leads, and its membership, which knows node 2.
struct membership_fixture : asking_fixture {
  std::shared_ptr<std::vector<node_view>> told = std::make_shared<std::vector<node_view>>();
  placer_actor placer = sys.spawn(listening_placer, told);
  membership_actor tested;
  member_news other = news_of_other();

  membership_fixture() {
    node.node_id = node_1;
    node.lead.set({1, node_1, {}});
    actors.placer.set(placer);
    member_news self;
    self.id = node_1;
    self.name = "n1";
    self.software_version = "0.9.0";
    auto own_load = [] {
      node_load load;
      load.cores = 4;
      load.replicas = 3;
      return load;
    };
    tested = sys.spawn(membership, membership_options{node, self, {record_of(node_2, "n2")}, {}, own_load});
    settle();
  }
  ~membership_fixture() override {
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(placer, caf::exit_reason::user_shutdown);
    placer = placer_actor();
    tested = membership_actor();
    settle();
    wire.asked.clear();
    told->clear();
    actors.clear();
    settle();
  }

  static member_news news_of_other() {
    member_news news;
    news.id = node_2;
    news.name = "n2";
    news.address = "10.0.0.2:7551";
    news.software_version = "0.9.1";
    news.incarnation = 7;
    news.load.revision = 1;
    news.load.cores = 8;
    news.load.memory_total_bytes = 1 << 30;
    news.load.replicas = 5;
    return news;
  }
  /// The other node answers its probes for so long.
  void lives_for(std::chrono::milliseconds span) {
    for (; span > 0ms; span -= 50ms) {
      wire.answer_all<probe>([this](const std::string&, const probe&) { return probe_message{{other}, 0}; });
      pass(50ms);
    }
  }
  /// Nothing answers for so long.
  void is_silent_for(std::chrono::milliseconds span) { pass_in_steps(span, 50ms); }

  node_info seen(const std::string& id) {
    auto list = ask<node_list>(tested, list_nodes{});
    for (const auto& each : list->nodes)
      if (each.node_id == id)
        return each;
    BOOST_FAIL("not in the list: " << id);
    return {};
  }
  placement_use use_of(const std::string& id) {
    for (const auto& each : *told)
      if (each.place.id == id)
        return each.place.use;
    BOOST_FAIL("the placer wasn't told of " << id);
    return {};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(watching, membership_fixture)

BOOST_AUTO_TEST_CASE(a_node_that_answers_is_alive_and_usable_and_what_it_told_is_listed) {
  lives_for(1s);
  BOOST_TEST(board.find(node_2)->usable());
  auto info = seen(node_2);
  BOOST_TEST(info.state == "alive");
  BOOST_TEST(info.software_version == "0.9.1");
  BOOST_TEST(info.replicas == 5U);
  BOOST_TEST(info.cores == 8U);
  BOOST_TEST(!info.is_self);
}

BOOST_AUTO_TEST_CASE(the_node_itself_is_listed_with_its_own_load) {
  auto info = seen(node_1);
  BOOST_TEST(info.is_self);
  BOOST_TEST(info.leads);
  BOOST_TEST(info.software_version == "0.9.0");
  BOOST_TEST(info.replicas == 3U);
  BOOST_TEST(info.cores == 4U);
}

BOOST_AUTO_TEST_CASE(a_silent_node_gets_no_requests_within_a_second_and_is_given_up_after_three) {
  lives_for(1s);
  is_silent_for(1s);
  BOOST_TEST(!board.find(node_2)->usable());
  BOOST_TEST(seen(node_2).state == "suspect");
  BOOST_TEST(events.named("node_suspected").size() == 1U);
  BOOST_TEST((use_of(node_2) == placement_use::suspect));
  is_silent_for(9s); // of two nodes the other one is more than half: longer than three seconds
  BOOST_TEST(events.named("node_dead").size() <= 1U);
  BOOST_TEST(!board.find(node_2)->usable());
}

BOOST_AUTO_TEST_CASE(a_node_that_answers_again_is_back) {
  lives_for(1s);
  is_silent_for(1s);
  other.incarnation = 8;
  lives_for(1s);
  BOOST_TEST(board.find(node_2)->usable());
  BOOST_TEST(events.named("node_back").size() == 1U);
  BOOST_TEST((use_of(node_2) == placement_use::usable));
}

BOOST_AUTO_TEST_CASE(what_a_node_offers_is_not_guessed_before_it_has_told) {
  BOOST_TEST((use_of(node_2) == placement_use::suspect));
  lives_for(500ms);
  BOOST_TEST((use_of(node_2) == placement_use::usable));
}

BOOST_AUTO_TEST_CASE(a_placer_that_was_started_anew_hears_of_the_nodes) {
  lives_for(1s);
  auto anew = std::make_shared<std::vector<node_view>>();
  caf::anon_send_exit(placer, caf::exit_reason::kill);
  placer = sys.spawn(listening_placer, anew);
  actors.placer.set(placer);
  lives_for(300ms);
  BOOST_TEST(anew->size() == 2U);
  anew->clear();
}

BOOST_AUTO_TEST_CASE(the_placer_hears_what_a_node_offers_as_soon_as_it_has_told) {
  other.load.memory_total_bytes = 0;
  lives_for(1s);
  BOOST_TEST((use_of(node_2) == placement_use::suspect));
  other.load.memory_total_bytes = 1 << 30;
  ++other.load.revision;
  lives_for(2s);
  BOOST_TEST((use_of(node_2) == placement_use::usable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(orders, membership_fixture)

BOOST_AUTO_TEST_CASE(a_removed_node_is_cut_off) {
  lives_for(1s);
  auto record = record_of(node_2, "n2");
  record.removed = true;
  caf::anon_send(tested, member_changed{record});
  settle();
  BOOST_TEST(board.find(node_2)->removed());
  BOOST_TEST(!board.find(node_2)->usable());
  BOOST_TEST(wire.hung_up == std::vector<std::string>{node_2}, boost::test_tools::per_element());
  BOOST_TEST(told->size() == 1U);
  other.incarnation = 9;
  lives_for(1s);
  BOOST_TEST(ask<node_list>(tested, list_nodes{})->nodes.size() == 1U); // it is none of the cluster's
  BOOST_TEST(events.named("node_removed").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_node_that_others_turn_away_says_so_once) {
  for (int i = 0; i < 20; ++i) {
    wire.answer_all<probe>(
        [](const std::string&, const probe&) { return error{error_code::permission_denied, "it was removed"}; });
    pass(50ms);
  }
  auto told = events.named("node_refused");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(told[0].fields[0].second == "it was removed");
  auto all = ask<node_list>(tested, list_nodes{});
  BOOST_TEST(all->trouble.find("it was removed; if this node was removed, stop it") == 0U, all->trouble);
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_is_listed_so_and_the_placer_empties_it) {
  lives_for(1s);
  auto record = record_of(node_2, "n2");
  record.draining = true;
  caf::anon_send(tested, member_changed{record});
  settle();
  BOOST_TEST(seen(node_2).state == "draining");
  BOOST_TEST((use_of(node_2) == placement_use::draining));
  BOOST_TEST(board.find(node_2)->usable());
  other.incarnation = 99; // it was started again
  lives_for(3s);
  BOOST_TEST(seen(node_2).state == "draining");
  record.draining = false;
  caf::anon_send(tested, member_changed{record});
  settle();
  BOOST_TEST(seen(node_2).state == "alive");
}

BOOST_AUTO_TEST_CASE(a_node_with_a_full_disk_is_given_nothing_more) {
  other.load.disk_full = true;
  ++other.load.revision;
  lives_for(2s);
  BOOST_TEST((use_of(node_2) == placement_use::full));
  BOOST_TEST(board.find(node_2)->usable());
}

BOOST_AUTO_TEST_CASE(a_copy_of_this_node_elsewhere_is_told_of_once_and_shown_for_a_while) {
  lives_for(1s);
  auto trouble = [this] { return ask<node_list>(tested, list_nodes{})->trouble; };
  BOOST_TEST(trouble() == "");
  for (int i = 0; i < 2; ++i) {
    auto twin = ask<probe_message>(tested, probe{node_2, {{other}, 0}})->news.at(0);
    twin.address = "10.0.0.9:7551";
    twin.incarnation += 1000;
    ask<probe_message>(tested, probe{node_2, {{other, twin}, 0}});
  }
  BOOST_TEST(events.named("node_twice").size() == 1U);
  BOOST_TEST(trouble().find("a node at 10.0.0.9:7551 has the id of ") == 0U, trouble());
  lives_for(31s);
  BOOST_TEST(trouble() == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_others_suspect_again_and_again_says_what_may_be_wrong_with_it) {
  lives_for(1s);
  auto trouble = [this] { return ask<node_list>(tested, list_nodes{})->trouble; };
  auto is_suspected = [this] {
    auto own = ask<probe_message>(tested, probe{node_2, {{other}, 0}})->news.at(0);
    own.state = member_state::suspect;
    ask<probe_message>(tested, probe{node_2, {{other, own}, 0}});
  };
  is_suspected();
  is_suspected();
  BOOST_TEST(trouble() == "");
  for (int i = 0; i < 5; ++i)
    is_suspected();
  BOOST_REQUIRE(events.named("node_doubted").size() == 1U);
  BOOST_TEST(trouble().find("other nodes suspect this one again and again: either they can't connect to ") == 0U, trouble());
  lives_for(71s);
  BOOST_TEST(trouble() == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_comes_and_goes_does_not_fill_the_log) {
  lives_for(1s);
  for (int i = 0; i < 20; ++i) {
    is_silent_for(1s);
    ++other.incarnation;
    ask<probe_message>(tested, probe{node_2, {{other}, 0}});
  }
  BOOST_TEST(events.named("node_suspected").size() == 2U);
  BOOST_TEST(events.named("node_back").size() == 2U);
  BOOST_TEST(events.named("node_comes_and_goes").size() == 1U);
  BOOST_TEST(seen(node_2).state == "alive");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_called_otherwise_says_so) {
  caf::anon_send(tested, rename_self{"n7"});
  settle();
  BOOST_TEST(seen(node_1).name == "n7");
}

BOOST_AUTO_TEST_CASE(a_node_that_starts_catches_up_with_the_others_at_once) {
  auto asked = std::count_if(wire.asked.begin(), wire.asked.end(),
                             [](const auto& each) { return std::holds_alternative<exchange_members>(each.what); });
  BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(more_lost_at_once_than_half_are_told_of) {
  for (int i = 0; i < 4; ++i) {
    auto record = record_of(std::string(31, 'b') + std::to_string(i), "m" + std::to_string(i));
    caf::anon_send(tested, member_changed{record});
  }
  settle();
  is_silent_for(2s);
  BOOST_TEST(ask<node_list>(tested, list_nodes{})->trouble.find("more than half of the nodes don't answer") == 0U);
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_says_so_and_waits_until_others_know) {
  lives_for(1s);
  auto left = ask_later<done>(tested, leave_cluster{});
  BOOST_TEST(!left->has_value());
  bool said = false;
  wire.answer_all<probe>([&](const std::string&, const probe& asked) {
    said = said || asked.message.news.at(0).state == member_state::left;
    return probe_message{{other}, 0};
  });
  settle();
  BOOST_TEST(said);
  BOOST_TEST((left->has_value() && left->value()));
  BOOST_TEST(seen(node_1).state == "left");
  auto answer = ask<probe_message>(tested, probe{node_2, {{other}, 0}});
  BOOST_REQUIRE(static_cast<bool>(answer));
  BOOST_TEST((answer->news.at(0).state == member_state::left));
}

BOOST_AUTO_TEST_CASE(a_node_leaves_though_nobody_answers) {
  lives_for(1s);
  auto left = ask_later<done>(tested, leave_cluster{});
  wire.answer_all<probe>([](const std::string&, const probe&) { return error{error_code::unavailable, "refused"}; });
  settle();
  BOOST_TEST((left->has_value() && left->value()));
}

BOOST_AUTO_TEST_CASE(a_node_that_left_gets_nothing_more) {
  lives_for(1s);
  other.state = member_state::left;
  lives_for(500ms);
  BOOST_TEST(!board.find(node_2)->usable());
  BOOST_TEST(events.named("node_left").size() == 1U);
  BOOST_TEST(events.named("node_suspected").empty());
  BOOST_TEST((use_of(node_2) == placement_use::gone));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// What the node was told of who leads, and followed.
struct mandate_fixture : membership_fixture {
  const std::string node_3 = std::string(31, 'a') + "3";
  std::vector<leadership> followed;
  result<void> verdict;

  mandate_fixture() {
    node.follow = [this](const leadership& lead) {
      followed.push_back(lead);
      if (verdict)
        node.lead.set(lead);
      return verdict;
    };
    node.lead.set({2, node_2, "signed"});
  }

  probe_message said(const leadership& lead) const { return {{other}, 0, lead}; }
  leadership told_to(const leadership& lead) { return ask<probe_message>(tested, probe{node_2, said(lead)})->lead; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(mandates, mandate_fixture)

BOOST_AUTO_TEST_CASE(whom_a_node_follows_it_says_with_each_probe_and_each_answer) {
  is_silent_for(500ms);
  std::vector<std::uint64_t> epochs;
  for (const auto& each : wire.asked)
    if (auto what = std::get_if<probe>(&each.what))
      epochs.push_back(what->message.lead.epoch);
  BOOST_REQUIRE(!epochs.empty());
  BOOST_TEST(epochs.back() == 2U);
  auto lead = told_to({1, node_1, "signed"});
  BOOST_TEST(lead.epoch == 2U);
  BOOST_TEST(lead.leader_id == node_2);
  BOOST_TEST(lead.signature == "signed");
  BOOST_TEST(followed.empty()); // an older epoch, and its own
}

BOOST_AUTO_TEST_CASE(a_higher_epoch_is_followed_whether_it_comes_with_a_probe_or_with_an_answer) {
  BOOST_TEST(told_to({3, node_3, "signed"}).epoch == 3U);
  BOOST_TEST(followed.size() == 1U);
  told_to({3, node_3, "signed"});
  BOOST_TEST(followed.size() == 1U);
  is_silent_for(500ms);
  wire.answer_all<probe>([this](const std::string&, const probe&) { return said({4, node_2, "signed"}); });
  settle();
  BOOST_TEST(followed.back().epoch == 4U);
}

BOOST_AUTO_TEST_CASE(who_follows_a_leader_that_was_replaced_removes_nobody) {
  member_news third = other;
  third.id = node_3;
  third.name = "n3";
  auto tells = [&](std::uint64_t epoch, member_state state) {
    third.state = state;
    ++third.incarnation;
    ask<probe_message>(tested, probe{node_2, {{other, third}, 0, {epoch, node_2, "signed"}}});
    auto list = ask<node_list>(tested, list_nodes{});
    return std::count_if(list->nodes.begin(), list->nodes.end(), [this](const auto& each) { return each.node_id == node_3; });
  };
  BOOST_TEST(tells(2, member_state::alive) == 1);
  BOOST_TEST(tells(1, member_state::removed) == 1);
  ask<exchange_members>(tested, exchange_members{node_2, {third}});
  BOOST_TEST(seen(node_3).state == "alive");
  BOOST_TEST(tells(2, member_state::removed) == 0);
}

BOOST_AUTO_TEST_CASE(a_mandate_that_is_not_believed_is_told_of_once) {
  verdict = error{error_code::permission_denied, "no good mandate"};
  for (int i = 0; i < 3; ++i)
    told_to({3, node_3, "forged"});
  auto told = events.named("leader_doubted");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(field(told[0], "reason") == "no good mandate");
}

BOOST_AUTO_TEST_CASE(a_second_leader_in_one_epoch_is_told_of_and_not_followed) {
  for (int i = 0; i < 3; ++i)
    told_to({2, node_3, "signed"});
  BOOST_TEST(followed.empty());
  auto told = events.named("leader_doubted");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(field(told[0], "reason").find("two nodes lead in epoch 2") == 0U);
  BOOST_TEST(ask<node_list>(tested, list_nodes{})->trouble.empty()); // nobody knows such a node
  caf::anon_send(tested, member_changed{record_of(node_3, "n3")});
  settle();
  auto trouble = ask<node_list>(tested, list_nodes{})->trouble;
  BOOST_TEST(trouble.find("n2 and n3 both lead in epoch 2, ") == 0U, trouble);
  told_to({3, node_3, "signed"});
  BOOST_TEST(ask<node_list>(tested, list_nodes{})->trouble.empty());
}

BOOST_AUTO_TEST_CASE(the_age_of_the_state_is_since_the_leader_was_last_heard_of) {
  lives_for(1s);
  auto all = ask<node_list>(tested, list_nodes{});
  BOOST_TEST(!all->leader_away);
  BOOST_TEST((all->state_age < 500ms));
  is_silent_for(3s);
  all = ask<node_list>(tested, list_nodes{});
  BOOST_TEST(all->leader_away);
  BOOST_TEST((all->state_age >= 3s));
  node.lead.set({3, node_1, {}});
  BOOST_TEST((ask<node_list>(tested, list_nodes{})->state_age == 0s)); // it leads itself
}

BOOST_AUTO_TEST_SUITE_END()

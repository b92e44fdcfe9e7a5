#define BOOST_TEST_MODULE fetcher
#include "actors/fetch.hpp"
#include "tests/storage/file_size_limit.hpp"

#include "tests/actors/follower_fixture.hpp"

using namespace troupe;

namespace {

constexpr std::uint64_t mib = fetch_state::piece_bytes;

/// No two pieces of it are alike.
std::string long_text(std::size_t pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i)
    text += std::string(mib, static_cast<char>('a' + i));
  return text + "the end";
}

struct fetcher_fixture : follower_fixture {
  std::string partial(const std::string& hash) const { return (folder.path() / "blobs" / ("partial-" + hash)).string(); }
  std::uint64_t partial_bytes(const std::string& hash) const {
    return std::filesystem::exists(partial(hash)) ? std::filesystem::file_size(partial(hash)) : 0;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(fetcher_suite, fetcher_fixture)

BOOST_AUTO_TEST_CASE(where_there_are_no_other_nodes_what_is_not_here_is_not_found_at_once) {
  node.network = nullptr;
  auto why = failure_of(fetch_now(sha256_of("x")));
  BOOST_TEST((why.code == error_code::not_found));
  BOOST_TEST(why.message.find("this node has no artifact") == 0U);
  BOOST_TEST(others.questions.empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_hash_is_asked_of_nobody) {
  BOOST_TEST((failure_of(fetch_now("../etc/passwd")).code == error_code::not_found));
  BOOST_TEST(others.questions.empty());
}

BOOST_AUTO_TEST_CASE(what_no_node_has_is_not_found) {
  auto why = failure_of(fetch_now(sha256_of("x")));
  BOOST_TEST((why.code == error_code::not_found));
  BOOST_TEST(why.message.find("no node of the cluster has artifact") == 0U);
  BOOST_TEST(others.asked("n1") == 1U);
  BOOST_TEST(others.asked("n2") == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_node_that_is_away_may_have_is_unavailable_and_says_which) {
  set_state("n2", "dead");
  auto why = failure_of(fetch_now(sha256_of("x")));
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message.find("n2 is dead") != std::string::npos);
  BOOST_TEST(others.asked("n2") == 0U);
}

BOOST_AUTO_TEST_CASE(a_disk_that_fills_up_fails_the_fetch_and_the_next_goes_on_where_it_stopped) {
  auto text = long_text(2);
  auto hash = give("n1", text);
  {
    test::file_size_limit full(mib + 10);
    auto why = failure_of(fetch_now(hash));
    BOOST_TEST((why.code == error_code::io_failed));
    BOOST_TEST(why.message.find("can't write") == 0U, why.message);
  }
  BOOST_TEST(partial_bytes(hash) == mib + 10);
  others.questions.clear();
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(others.offsets_asked_of("n1").front() == mib + 10);
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_AUTO_TEST_CASE(a_node_that_gives_other_bytes_is_not_asked_again_and_is_told_of) {
  auto text = long_text(2);
  auto hash = give("n2", text);
  text[5] = 'X';
  others.nodes["n1"].artifacts[hash] = text;
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(blobs.open_verified(hash).ok());
  BOOST_TEST(others.questions.back().node_id == "n2");
  BOOST_TEST(others.offsets_asked_of("n2").front() == 0U);
  auto told = events.named("artifact_fetched_damaged");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(field(told[0], "node") == "n1");
}

BOOST_AUTO_TEST_CASE(if_all_that_have_it_give_other_bytes_it_is_unavailable_and_nothing_is_left) {
  auto hash = sha256_of("right");
  others.nodes["n1"].artifacts[hash] = others.nodes["n2"].artifacts[hash] = "wrong";
  auto why = failure_of(fetch_now(hash));
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message.find("its copy is damaged") != std::string::npos);
  BOOST_TEST(!blobs.has(hash));
  BOOST_TEST(blobs.list_partial()->empty());
}

BOOST_AUTO_TEST_CASE(of_several_who_gave_a_part_none_is_put_out_and_it_begins_anew) {
  auto text = long_text(6);
  auto hash = give("n2", text);
  text[5] = 'X';
  others.nodes["n1"].artifacts[hash] = text;
  others.nodes["n1"].pieces_left = 2;
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(blobs.open_verified(hash).ok());
  BOOST_TEST(events.named("artifact_fetched_damaged").size() == 1U);
  auto offsets = others.offsets_asked_of("n2");
  BOOST_TEST(offsets.front() == 2 * mib);
  BOOST_TEST(std::count(offsets.begin(), offsets.end(), 0U) == 1);
}

BOOST_AUTO_TEST_CASE(a_copy_of_another_size_is_left_alone) {
  auto text = long_text(6);
  auto hash = give("n1", text);
  others.nodes["n1"].pieces_left = 2;
  others.nodes["n2"].artifacts[hash] = text.substr(1);
  auto why = failure_of(fetch_now(hash));
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(others.offsets_asked_of("n2").empty());
}

BOOST_AUTO_TEST_CASE(a_node_lost_midway_is_replaced_by_another_from_where_it_stopped) {
  auto text = long_text(8);
  auto hash = give("n1", text);
  give("n2", text);
  others.nodes["n1"].pieces_left = 3;
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(others.offsets_asked_of("n2").front() == 3 * mib);
  BOOST_TEST(blobs.open_verified(hash).ok());
  BOOST_TEST(blobs.list_partial()->empty());
}

BOOST_AUTO_TEST_CASE(what_has_come_survives_that_all_are_gone_and_another_life_of_the_node) {
  auto text = long_text(8);
  auto hash = give("n1", text);
  others.nodes["n1"].pieces_left = 3;
  BOOST_TEST((failure_of(fetch_now(hash)).code == error_code::unavailable));
  BOOST_TEST(partial_bytes(hash) == 3 * mib);
  stop(actors.fetcher);
  stop(actors.keeper);
  blobs = blob_store::open(data).value();
  start_keeper();
  start_fetcher();
  give("n2", text);
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(others.offsets_asked_of("n2").front() == 3 * mib);
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_AUTO_TEST_CASE(a_fetcher_that_dies_leaves_what_has_come_to_the_next) {
  auto text = long_text(8);
  auto hash = give("n1", text);
  others.nodes["n1"].silent = true;
  auto lost = fetch_later(hash);
  for (int i = 0; i < 2; ++i) {
    others.answer_all(); // its size, then four pieces
    settle();
  }
  stop(actors.fetcher);
  BOOST_TEST(!lost->has_value()); // who needs it asks again
  BOOST_TEST(partial_bytes(hash) == 4 * mib);
  others.nodes["n1"].silent = false;
  others.questions.clear();
  start_fetcher();
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(others.offsets_asked_of("n1").front() == 4 * mib);
}

BOOST_AUTO_TEST_CASE(a_silent_node_is_given_up_once_it_is_suspected) {
  auto hash = give("n1", "abc");
  give("n2", "abc");
  others.nodes["n1"].silent = true;
  auto answer = fetch_later(hash);
  pass(3s);
  BOOST_TEST(!answer->has_value());
  set_state("n1", "suspect");
  pass(1s);
  BOOST_REQUIRE(answer->has_value());
  BOOST_TEST(static_cast<bool>(**answer));
  others.answer_all(); // too late
  settle();
}

BOOST_AUTO_TEST_CASE(the_hint_is_asked_first_and_then_the_leader) {
  auto hash = sha256_of("x");
  BOOST_TEST(!fetch_now(hash, "n2"));
  BOOST_TEST(others.questions.at(0).node_id == "n2");
  others.questions.clear();
  BOOST_TEST(!fetch_now(hash));
  BOOST_TEST(others.questions.at(0).node_id == "n1");
}

BOOST_AUTO_TEST_CASE(several_pieces_are_asked_for_at_once_and_no_more_than_may_be) {
  auto hash = give("n1", long_text(9));
  others.nodes["n1"].silent = true;
  auto answer = fetch_later(hash);
  others.answer_all();
  settle();
  BOOST_TEST(others.offsets_asked_of("n1").size() == fetch_state::pieces_max);
  while (!answer->has_value()) {
    auto before = others.offsets_asked_of("n1").size();
    others.answer_all();
    settle();
    BOOST_TEST(others.offsets_asked_of("n1").size() <= before + fetch_state::pieces_max);
  }
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_AUTO_TEST_CASE(a_node_may_give_shorter_pieces) {
  auto hash = give("n1", long_text(3));
  others.nodes["n1"].piece_bytes_max = 300'000;
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(blobs.open_verified(hash).ok());
}

BOOST_AUTO_TEST_CASE(an_empty_artifact_is_one) {
  BOOST_TEST(static_cast<bool>(fetch_now(give("n1", ""))));
}

BOOST_AUTO_TEST_CASE(who_asks_for_the_same_shares_its_fetch) {
  auto hash = give("n1", "abc");
  others.nodes["n1"].silent = true;
  auto first = fetch_later(hash), second = fetch_later(hash);
  BOOST_TEST(others.asked("n1") == 1U);
  others.nodes["n1"].silent = false;
  others.answer_all();
  settle();
  BOOST_TEST(static_cast<bool>(first->value()));
  BOOST_TEST(static_cast<bool>(second->value()));
  BOOST_TEST(others.offsets_asked_of("n1").size() == 1U);
  BOOST_REQUIRE(fetch_now(hash));
  BOOST_TEST(others.asked("n1") == 2U);
}

BOOST_AUTO_TEST_CASE(so_many_are_fetched_at_once_and_the_others_wait) {
  node.fetches_max = 2;
  others.nodes["n1"].silent = true;
  std::vector<kept_answer<done>> answers;
  for (const char* text : {"a", "b", "c"})
    answers.push_back(fetch_later(give("n1", text)));
  BOOST_TEST(others.questions.size() == 2U);
  auto status = ask<actor_status>(actors.fetcher.get(), get_status{});
  BOOST_TEST(status->detail == "2 on their way, 1 wait");
  BOOST_TEST(status->children.size() == 2U);
  others.nodes["n1"].silent = false;
  others.answer_all();
  settle();
  for (const auto& answer : answers)
    BOOST_TEST(static_cast<bool>(answer->value()));
}

BOOST_AUTO_TEST_CASE(what_came_in_part_and_nobody_asks_for_any_more_is_removed) {
  auto hash = give("n1", long_text(8));
  others.nodes["n1"].pieces_left = 3;
  BOOST_TEST(!fetch_now(hash));
  stop(actors.fetcher);
  stop(actors.keeper);
  start_keeper();
  BOOST_TEST(partial_bytes(hash) > 0U);
  pass(keeper_state::spared_for);
  pass(keeper_state::spared_for);
  BOOST_TEST(blobs.list_partial()->empty());
  start_fetcher();
}

BOOST_AUTO_TEST_CASE(what_the_node_was_told_to_run_is_not_collected) {
  auto needed = test::put_blob(blobs, "needed"), stray = test::put_blob(blobs, "stray");
  pool_order order;
  order.id = {"digits", 1};
  order.artifact_sha256 = needed;
  BOOST_REQUIRE(ask<done>(actors.keeper.get(), keep_assignment{{node.lead.get(), 1, {order}, {}}}));
  pass(keeper_state::spared_for);
  BOOST_TEST(blobs.has(needed));
  BOOST_TEST(!blobs.has(stray));
  BOOST_REQUIRE(ask<done>(actors.keeper.get(), keep_assignment{{node.lead.get(), 2, {}, {}}}));
  pass(keeper_state::spared_for);
  BOOST_TEST(blobs.list()->empty());
}

BOOST_AUTO_TEST_SUITE_END()

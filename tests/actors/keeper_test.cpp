#define BOOST_TEST_MODULE keeper
#include "actors/keeper.hpp"
#include "storage/keys.hpp"
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

namespace {

upload_chunk chunk(std::uint64_t id, std::string bytes) {
  return {id, std::make_shared<const std::string>(std::move(bytes))};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(keeper_suite, tree_fixture)

BOOST_AUTO_TEST_CASE(what_is_not_stored_is_not_found) {
  auto keeper = actors.keeper.get();
  BOOST_TEST((code_of(ask<stored_deployment>(keeper, load_deployment{"digits"})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(keeper, find_artifact{std::string(64, 'b')})) == error_code::not_found));
  BOOST_TEST((code_of(ask<artifact>(keeper, open_artifact{"../etc/passwd"})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(keeper, chunk(77, "x"))) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(keeper, finish_upload{77})) == error_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_stale_change_is_a_conflict_and_a_full_disk_io_failed) {
  auto keeper = actors.keeper.get();
  deployment_record record;
  record.name = "digits";
  BOOST_REQUIRE(ask<saved>(keeper, save_change{{{record}, {}, {}, {}}}));
  BOOST_TEST((code_of(ask<saved>(keeper, save_change{{{record}, {}, {}, {}}})) == error_code::conflict));
  records.full = true;
  record.name = "faces";
  BOOST_TEST((code_of(ask<saved>(keeper, save_change{{{record}, {}, {}, {}}})) == error_code::io_failed));
}

BOOST_AUTO_TEST_CASE(an_upload_with_too_many_bytes_or_another_hash_is_dropped) {
  auto keeper = actors.keeper.get();
  auto begun = ask<upload_ticket>(keeper, begin_upload{std::string(64, 'a'), 2});
  BOOST_TEST((code_of(ask<done>(keeper, chunk(begun->id, "abc"))) == error_code::invalid_argument));
  BOOST_TEST((code_of(ask<done>(keeper, chunk(begun->id, "ab"))) == error_code::not_found));
  auto other = ask<upload_ticket>(keeper, begin_upload{std::string(64, 'a'), 2});
  BOOST_REQUIRE(ask<done>(keeper, chunk(other->id, "ab")));
  BOOST_TEST((code_of(ask<done>(keeper, finish_upload{other->id})) == error_code::corrupt));
}

BOOST_AUTO_TEST_CASE(too_many_uploads_are_refused_and_a_ticket_that_is_gone_makes_room) {
  auto keeper = actors.keeper.get();
  std::vector<upload_ticket> tickets;
  for (std::size_t i = 0; i < keeper_state::uploads_max; ++i)
    tickets.push_back(*ask<upload_ticket>(keeper, begin_upload{std::string(64, 'a'), 2}));
  BOOST_TEST((code_of(ask<upload_ticket>(keeper, begin_upload{std::string(64, 'a'), 2})) == error_code::overloaded));
  tickets.pop_back();
  settle();
  BOOST_TEST(static_cast<bool>(ask<upload_ticket>(keeper, begin_upload{std::string(64, 'a'), 2})));
}

BOOST_AUTO_TEST_CASE(a_finished_upload_is_there_for_all) {
  auto keeper = actors.keeper.get();
  auto hash = sha256_of("hello");
  auto ticket = ask<upload_ticket>(keeper, begin_upload{hash, 5});
  BOOST_REQUIRE(ask<done>(keeper, chunk(ticket->id, "hel")));
  BOOST_REQUIRE(ask<done>(keeper, chunk(ticket->id, "lo")));
  BOOST_REQUIRE(ask<done>(keeper, finish_upload{ticket->id}));
  BOOST_TEST(static_cast<bool>(ask<artifact>(keeper, open_artifact{hash})));
  BOOST_TEST(ask<upload_ticket>(keeper, begin_upload{hash, 5})->id == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_of_an_artifact_are_given_from_any_place_and_none_past_its_end) {
  auto keeper = actors.keeper.get();
  BOOST_TEST((code_of(ask<artifact_piece>(keeper, read_artifact{std::string(64, 'b'), 0, 1})) == error_code::not_found));
  BOOST_TEST((code_of(ask<artifact_piece>(keeper, read_artifact{"../etc/passwd", 0, 1})) == error_code::not_found));
  auto long_one = keep(std::string(keeper_state::piece_bytes_max, 'x') + "yz");
  auto read = [&](std::uint64_t offset, std::uint32_t bytes) {
    return ask<artifact_piece>(keeper, read_artifact{long_one, offset, bytes});
  };
  BOOST_TEST(read(0, 3)->total_bytes == keeper_state::piece_bytes_max + 2);
  BOOST_TEST(*read(0, 3)->bytes == "xxx");
  BOOST_TEST(read(0, UINT32_MAX)->bytes->size() == keeper_state::piece_bytes_max);
  BOOST_TEST(*read(keeper_state::piece_bytes_max, 10)->bytes == "yz");
  BOOST_TEST(*read(keeper_state::piece_bytes_max + 2, 10)->bytes == "");
  BOOST_TEST(*read(UINT64_MAX, UINT32_MAX)->bytes == "");
}

BOOST_AUTO_TEST_CASE(artifacts_that_no_version_needs_are_collected_but_not_what_a_deploy_may_be_about_to_name) {
  auto keeper = actors.keeper.get();
  BOOST_REQUIRE(deploy_digits());
  pass(keeper_state::spared_for);
  auto stray = keep("stray");
  auto asked_for = keep("asked for");
  BOOST_REQUIRE(ask<done>(keeper, find_artifact{asked_for}));
  caf::anon_send(keeper, collect_artifacts{});
  settle();
  BOOST_TEST(!blobs.has(stray));
  BOOST_TEST(blobs.has(asked_for));
  BOOST_TEST(blobs.has(sha));
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), undeploy{"digits"}));
  pass(keeper_state::spared_for);
  caf::anon_send(keeper, collect_artifacts{});
  settle();
  BOOST_TEST(blobs.list()->empty());
}

BOOST_AUTO_TEST_CASE(an_artifact_found_damaged_is_set_aside_and_taken_anew) {
  auto keeper = actors.keeper.get();
  std::ofstream(folder.path() / "blobs" / sha, std::ios::app) << "more";
  BOOST_TEST((code_of(ask<artifact>(keeper, open_artifact{sha})) == error_code::corrupt));
  BOOST_TEST((code_of(ask<artifact>(keeper, open_artifact{sha})) == error_code::not_found));
  BOOST_TEST(ask<upload_ticket>(keeper, begin_upload{sha, 3})->id != 0U);
}

BOOST_AUTO_TEST_CASE(an_upload_that_no_deploy_followed_is_collected_by_itself) {
  auto keeper = actors.keeper.get();
  auto hash = sha256_of("hello");
  auto ticket = ask<upload_ticket>(keeper, begin_upload{hash, 5});
  BOOST_REQUIRE(ask<done>(keeper, chunk(ticket->id, "hello")));
  BOOST_REQUIRE(ask<done>(keeper, finish_upload{ticket->id}));
  BOOST_TEST(blobs.has(hash));
  pass(2 * keeper_state::spared_for);
  pass(2 * keeper_state::spared_for);
  BOOST_TEST(!blobs.has(hash));
}

BOOST_AUTO_TEST_CASE(a_version_whose_artifact_is_gone_is_not_stored) {
  deployment_record record;
  record.name = "digits";
  version_record version;
  version.id = {"digits", 1};
  version.artifact_sha256 = std::string(64, 'a');
  BOOST_TEST((code_of(ask<saved>(actors.keeper.get(), save_change{{{record}, {}, {version}, {}}})) == error_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_deployment_that_cant_be_read_keeps_no_other_from_serving_and_can_be_undeployed) {
  BOOST_REQUIRE(deploy_digits());
  transaction damage;
  damage.put(column_family::deployments, "faces", "garbage!");
  damage.put(column_family::versions, version_key({"faces", 1}), "garbage!");
  BOOST_REQUIRE(records.commit(damage).ok());
  caf::anon_send_exit(actors.catalog.get(), caf::exit_reason::kill);
  pass_in_steps(5s, 50ms);
  BOOST_TEST(routed() == 1U);
  auto refused = ask<deployed>(actors.catalog.get(), deploy{"faces", sha, toml(1), 0});
  BOOST_TEST((code_of(refused) == error_code::corrupt));
  BOOST_TEST(events.named("deployment_damaged").size() >= 1U);
  caf::anon_send(actors.keeper.get(), collect_artifacts{});
  settle();
  BOOST_TEST(blobs.has(sha));
  BOOST_REQUIRE(ask<done>(actors.catalog.get(), undeploy{"faces"}));
  BOOST_REQUIRE(ask<deployed>(actors.catalog.get(), deploy{"faces", sha, toml(1), 0}));
}

BOOST_AUTO_TEST_SUITE_END()

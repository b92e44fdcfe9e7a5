#define BOOST_TEST_MODULE state_store
#include "storage/keys.hpp"
#include "storage/memory_store.hpp"
#include "storage/record_codec.hpp"
#include "storage/state_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

version_record version(const version_id& id, version_state state) {
  version_record record;
  record.id = id;
  record.state = state;
  return record;
}

struct fixture {
  memory_store disk;
  state_store state{disk};

  /// Writes a deployment with its first version and gives it as read.
  deployment_record deploy(const std::string& name) {
    state_change change;
    deployment_record record;
    record.name = name;
    record.wanted_replicas = record.target_version = record.last_version = 1;
    change.put.push_back(record);
    change.put_versions.push_back(version({name, 1}, version_state::preparing));
    state.commit(change).value();
    return state.deployment(name).value().value();
  }

  error_code failure_of(const state_change& change) {
    auto done = state.commit(change);
    BOOST_REQUIRE(!done);
    return done.failure().code;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_deployment_changed_since_it_was_read_is_a_conflict, fixture) {
  auto mine = deploy("digits"), theirs = mine;
  theirs.wanted_replicas = 5;
  BOOST_TEST(state.commit({{theirs}, {}, {}, {}}).ok());
  mine.wanted_replicas = 7;
  BOOST_TEST((failure_of({{mine}, {}, {}, {}}) == error_code::conflict));
  BOOST_TEST((failure_of({{}, {mine}, {}, {{"digits", 1}}}) == error_code::conflict));
  BOOST_TEST(state.deployment("digits").value()->wanted_replicas == 5);
  BOOST_TEST(state.versions("digits")->size() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_new_deployment_under_a_taken_name_is_a_conflict, fixture) {
  deploy("digits");
  BOOST_TEST((failure_of({{deployment_record{"digits", 1, 0, 1, 1, {}, 0, {}, {}, 0}}, {}, {}, {}}) == error_code::conflict));
}

BOOST_FIXTURE_TEST_CASE(a_version_never_changes_without_its_deployment, fixture) {
  deploy("digits");
  auto version = state.versions("digits").value().front();
  BOOST_TEST((failure_of({{}, {}, {version}, {}}) == error_code::invalid_argument));
  BOOST_TEST((failure_of({{}, {}, {}, {version.id}}) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_bad_name_is_refused, fixture) {
  for (auto name : {"", "UPPER", "a/b", "-a"})
    BOOST_TEST(
        (failure_of({{deployment_record{name, 1, 0, 0, 0, {}, 0, {}, {}, 0}}, {}, {}, {}}) == error_code::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(a_garbled_record_is_corrupt, fixture) {
  disk.commit(transaction().put(column_family::deployments, "digits", "garbage")).value();
  BOOST_TEST((state.deployment("digits").failure().code == error_code::corrupt));
  BOOST_TEST((state.deployments().failure().code == error_code::corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_record_under_the_key_of_another_is_corrupt, fixture) {
  deploy("digits");
  auto deployment = disk.get(column_family::deployments, "digits").value()->value;
  auto version = disk.get(column_family::versions, version_key({"digits", 1})).value()->value;
  disk.commit(transaction().put(column_family::deployments, "cats", deployment)).value();
  disk.commit(transaction().put(column_family::versions, version_key({"cats", 1}), version)).value();
  BOOST_TEST((state.deployment("cats").failure().code == error_code::corrupt));
  BOOST_TEST((state.versions("cats").failure().code == error_code::corrupt));
}

BOOST_FIXTURE_TEST_CASE(an_unknown_deployment_is_nothing_and_has_no_versions, fixture) {
  BOOST_TEST(!state.deployment("digits").value().has_value());
  BOOST_TEST(!state.deployment("no name / at all").value().has_value());
  BOOST_TEST(state.versions("digits")->empty());
  BOOST_TEST(state.deployments()->empty());
}

BOOST_FIXTURE_TEST_CASE(what_was_committed_survives_a_crash, fixture) {
  auto digits = deploy("digits");
  digits.current_version = 1;
  auto revision = state.commit({{digits}, {}, {version({"digits", 1}, version_state::live)}, {}}).value();
  disk.crash(0);
  auto back = state.deployment("digits").value().value();
  BOOST_TEST(back.current_version == 1);
  BOOST_TEST(back.revision == revision);
  BOOST_TEST((state.versions("digits").value().front().state == version_state::live));
}

BOOST_FIXTURE_TEST_CASE(an_erased_deployment_goes_with_its_versions, fixture) {
  deploy("cats");
  auto digits = deploy("digits");
  BOOST_TEST(state.commit({{}, {digits}, {}, {{"digits", 1}}}).ok());
  BOOST_TEST(!state.deployment("digits").value().has_value());
  BOOST_TEST(state.versions("digits")->empty());
  BOOST_TEST(state.versions("cats")->size() == 1);
}

BOOST_FIXTURE_TEST_CASE(versions_come_by_number_and_from_no_namesake, fixture) {
  deploy("digits-2");
  auto digits = deploy("digits");
  state_change change{{digits}, {}, {}, {}};
  for (version_number number : {300u, 2u, 70'000u})
    change.put_versions.push_back(version({"digits", number}, version_state::preparing));
  state.commit(change).value();
  std::vector<version_number> numbers;
  for (const auto& version : state.versions("digits").value())
    numbers.push_back(version.id.number);
  BOOST_TEST(numbers == (std::vector<version_number>{1, 2, 300, 70'000}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(more_deployments_than_one_scan_gives_are_all_listed, fixture) {
  const auto many = 2 * store_limits::scan_entries_max;
  for (std::size_t i = 0; i < many; ++i)
    deploy("d" + std::to_string(i));
  auto all = state.deployments().value();
  BOOST_TEST(all.size() == many);
  BOOST_TEST(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
}

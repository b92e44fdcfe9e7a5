#define BOOST_TEST_MODULE archivist
#include "actors/archivist.hpp"
#include "actors/errors.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_folder.hpp"

#include "tests/support/caf_fixture.hpp"

using namespace troupe;

namespace {

/// An archivist of a data folder with one record in its store.
struct archivist_fixture : caf_fixture {
  test::temporary_folder place;
  data_folder data = data_folder::open(place.path() / "data").value();
  std::unique_ptr<store> records = open_rocks_store(data).value();
  int yielded = 0;
  archivist_actor tested;

  archivist_fixture() {
    records->commit(transaction().put(column_family::node, "node", "record")).value();
    archivist_options options{time, events, {data, *records, "ab12", "0.1.0"}, [this] { ++yielded; }};
    tested = sys.spawn(archivist, options);
    settle();
  }
  ~archivist_fixture() {
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    tested = archivist_actor();
    settle();
  }

  /// Asks, and lets nobody handle anything yet.
  kept_answer<backup_made> begin(const std::string& into) {
    auto kept = std::make_shared<std::optional<caf::expected<backup_made>>>();
    sys.spawn([=](caf::event_based_actor* asker) {
      asker->request(tested, caf::infinite, make_backup{into})
          .then([=](backup_made& value) { kept->emplace(std::move(value)); },
                [=](caf::error& why) { kept->emplace(std::move(why)); });
    });
    return kept;
  }

  std::string folder(const char* name = "backup") const { return (place.path() / name).string(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(archivist_suite, archivist_fixture)

BOOST_AUTO_TEST_CASE(a_backup_that_can_not_begin_is_refused_and_the_next_one_made) {
  auto refused = ask<backup_made>(tested, make_backup{"relative"});
  BOOST_REQUIRE(!refused);
  BOOST_TEST((to_error(refused.error()).code == error_code::invalid_argument));
  BOOST_TEST(static_cast<bool>(ask<backup_made>(tested, make_backup{folder()})));
}

BOOST_AUTO_TEST_CASE(a_backup_that_would_be_of_no_use_is_not_made) {
  archivist_options options{time, events, {data, *records, "ab12", "0.1.0"}};
  options.worth_it = [] { return error{error_code::failed_precondition, "it doesn't lead"}; };
  auto follower = sys.spawn(archivist, options);
  auto refused = ask<backup_made>(follower, make_backup{folder()});
  BOOST_REQUIRE(!refused);
  BOOST_TEST((to_error(refused.error()) == error{error_code::failed_precondition, "it doesn't lead"}));
  BOOST_TEST(!std::filesystem::exists(folder()));
  caf::anon_send_exit(follower, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(while_a_backup_is_made_another_is_refused) {
  auto first = begin(folder("first"));
  auto second = begin(folder("second"));
  settle();
  BOOST_REQUIRE((first->has_value() && second->has_value()));
  BOOST_TEST(static_cast<bool>(**first));
  BOOST_REQUIRE(!**second);
  BOOST_TEST((to_error((*second)->error()).code == error_code::failed_precondition));
  BOOST_TEST(!std::filesystem::exists(folder("second")));
}

BOOST_AUTO_TEST_CASE(an_archivist_that_is_stopped_in_the_middle_leaves_nothing) {
  auto never = begin(folder());
  while (!std::filesystem::exists(folder() + ".partial"))
    BOOST_REQUIRE(sched.try_run_once());
  caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
  settle();
  BOOST_TEST(!std::filesystem::exists(folder() + ".partial"));
}

BOOST_AUTO_TEST_CASE(a_backup_is_told_of_and_reported) {
  auto made = ask<backup_made>(tested, make_backup{folder()});
  BOOST_REQUIRE(static_cast<bool>(made));
  BOOST_TEST(made->folder == folder());
  BOOST_TEST(made->files >= 3U);
  BOOST_TEST(made->bytes > 0U);
  BOOST_TEST(events.named("backup_made").size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_archivist_goes_behind_the_others_once) {
  BOOST_TEST(yielded == 1);
}

BOOST_AUTO_TEST_SUITE_END()

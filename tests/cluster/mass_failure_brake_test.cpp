#define BOOST_TEST_MODULE mass_failure_brake
#include "cluster/contact_sample.hpp"
#include "cluster/mass_failure_brake.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const steady_time noon{12h};

} // namespace

BOOST_AUTO_TEST_CASE(more_than_half_is_too_many_and_half_is_not) {
  struct {
    std::size_t alive, suspects;
    bool holds;
  } const rows[] = {{1, 0, false}, {1, 1, false}, {2, 1, false}, {1, 2, true}, {10, 10, false}, {9, 11, true}};
  for (const auto& row : rows) {
    mass_failure_brake brake(10s);
    brake.update(row.alive, row.suspects, false, noon);
    BOOST_TEST(brake.holding() == row.holds, row.alive << " alive, " << row.suspects << " suspects");
  }
}

BOOST_AUTO_TEST_CASE(while_a_quarter_is_lost_two_seconds_pass_without_a_loss_before_a_death) {
  mass_failure_brake brake(10s);
  brake.update(4, 1, false, noon);
  BOOST_TEST((brake.settles_at() <= noon));
  brake.update(3, 1, false, noon + 1s);
  BOOST_TEST((brake.settles_at() == noon + 2s));
  brake.update(3, 2, false, noon + 1s);
  BOOST_TEST((brake.settles_at() == noon + 3s));
  brake.update(3, 2, false, noon + 2s);
  BOOST_TEST((brake.settles_at() == noon + 3s));
}

BOOST_AUTO_TEST_CASE(who_is_cut_off_holds_whatever_the_numbers) {
  mass_failure_brake brake(10s);
  brake.update(9, 1, true, noon);
  BOOST_TEST(brake.holding());
  brake.update(9, 1, false, noon);
  BOOST_TEST(!brake.holding());
}

BOOST_AUTO_TEST_CASE(deaths_count_for_the_window_and_no_longer) {
  mass_failure_brake brake(10s);
  brake.on_dead("a", noon);
  brake.on_dead("b", noon);
  brake.update(3, 2, false, noon + 9s);
  BOOST_TEST(brake.holding());
  mass_failure_brake later(10s);
  later.on_dead("a", noon);
  later.on_dead("b", noon);
  later.update(3, 2, false, noon + 10s);
  BOOST_TEST(!later.holding());
}

BOOST_AUTO_TEST_CASE(while_it_holds_no_death_grows_old_and_only_those_that_come_back_or_go_let_it_go) {
  mass_failure_brake brake(10s);
  brake.on_dead("a", noon);
  brake.on_dead("b", noon);
  brake.update(3, 2, false, noon + 9s);
  brake.update(3, 2, false, noon + 60s);
  BOOST_TEST(brake.holding());
  brake.on_not_dead("a");
  brake.update(4, 2, false, noon + 61s);
  BOOST_TEST(!brake.holding());
}

BOOST_AUTO_TEST_CASE(a_sample_is_mostly_mute_if_more_owe_an_answer_for_long_than_have_given_one) {
  contact_sample sample(500ms, 3s);
  BOOST_TEST(!sample.mostly_mute(noon));
  for (const char* id : {"a", "b"})
    sample.on_tried(id, noon);
  BOOST_TEST(!sample.mostly_mute(noon + 499ms));
  BOOST_TEST(sample.mostly_mute(noon + 500ms));
  BOOST_TEST(sample.all_owe());
  sample.on_answered("a");
  BOOST_TEST(!sample.mostly_mute(noon + 500ms));
  BOOST_TEST(!sample.all_owe());
}

BOOST_AUTO_TEST_CASE(a_sample_forgets_contacts_that_are_old_or_that_were_not_its_own) {
  contact_sample sample(500ms, 3s);
  for (const char* id : {"a", "b", "c"})
    sample.on_tried(id, noon);
  sample.on_answered("stranger");
  BOOST_TEST(sample.mostly_mute(noon + 3s));
  BOOST_TEST(!sample.mostly_mute(noon + 3001ms));
}

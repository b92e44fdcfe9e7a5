#define BOOST_TEST_MODULE progress
#include "runtime/cli/progress.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace troupe;

namespace {

class hand_clock final : public clock {
public:
  steady_time now() const override { return at; }
  wall_time wall_now() const override { return {}; }
  steady_time at{std::chrono::seconds(1)};
};

struct fixture {
  console io(bool watched) { return {in, out, err, watched, watched, time}; }
  std::stringstream in;
  std::stringstream out;
  std::stringstream err;
  hand_clock time;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_line_shows_label_bar_percent_and_amount) {
  BOOST_TEST(progress_line("upload", 0, 4, "0 B") == "upload  [------------------------]    0 %  0 B");
  BOOST_TEST(progress_line("upload", 1, 4, "1 B") == "upload  [######------------------]   25 %  1 B");
  BOOST_TEST(progress_line("upload", 9, 4, "4 B") == "upload  [########################]  100 %  4 B");
  BOOST_TEST(progress_line("upload", 0, 0, "0 B") == "upload  [########################]  100 %  0 B");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_drawn_where_nobody_watches, fixture) {
  auto quiet = io(false);
  {
    progress bar(quiet, "upload", 10);
    BOOST_TEST(!bar.due());
    bar.show(5, "5");
  }
  BOOST_TEST(err.str().empty());
}

BOOST_FIXTURE_TEST_CASE(a_bar_is_drawn_ten_times_a_second_at_most_and_wiped_at_the_end, fixture) {
  auto watched = io(true);
  {
    progress bar(watched, "upload", 10);
    bar.show(1, "one");
    time.at += std::chrono::milliseconds(99);
    bar.show(2, "two");
    time.at += std::chrono::milliseconds(1);
    bar.show(3, "three");
  }
  auto text = err.str();
  BOOST_TEST(text.find("one") != std::string::npos);
  BOOST_TEST(text.find("two") == std::string::npos);
  BOOST_TEST(text.find("three") != std::string::npos);
  BOOST_TEST(text.substr(text.size() - 4) == "\r\x1b[K");
}

#define BOOST_TEST_MODULE preface
#include "cluster/preface.hpp"
#include "cluster/warn_limit.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(preface_suite)

BOOST_AUTO_TEST_CASE(what_is_no_preface_is_an_invalid_argument) {
  for (const char* bytes : {"", "TROUPEC", "TROUPEC11", "troupeC1", "TROUPEX1", "TROUPEC2", "GET / HT"}) {
    auto role = role_of(bytes);
    BOOST_REQUIRE_MESSAGE(!role, bytes);
    BOOST_TEST((role.failure().code == error_code::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(every_role_has_a_preface) {
  for (auto role : {connection_role::introduction, connection_role::join, connection_role::control, connection_role::data}) {
    BOOST_TEST(preface_of(role).size() == preface_bytes);
    BOOST_TEST((role_of(preface_of(role)).value() == role));
  }
  BOOST_TEST(preface_of(connection_role::control) == "TROUPEC1");
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_too_early_has_none) {
  auto io = kj::setupAsyncIo();
  auto pipe = kj::newTwoWayPipe();
  auto role = read_preface(*pipe.ends[0]);
  pipe.ends[1]->write("TROU", 4).wait(io.waitScope);
  pipe.ends[1]->shutdownWrite();
  BOOST_TEST((role.wait(io.waitScope).failure().code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(what_follows_it_is_left_in_the_stream) {
  auto io = kj::setupAsyncIo();
  auto pipe = kj::newTwoWayPipe();
  auto role = read_preface(*pipe.ends[0]);
  auto written = pipe.ends[1]->write("TROUPED1x", 9);
  BOOST_TEST((role.wait(io.waitScope).value() == connection_role::data));
  char next = 0;
  pipe.ends[0]->read(&next, 1).wait(io.waitScope);
  BOOST_TEST(next == 'x');
  written.wait(io.waitScope);
}

BOOST_AUTO_TEST_CASE(a_warning_of_one_name_is_due_once_a_minute_and_of_so_many_at_most) {
  warn_limit limit;
  steady_time now{1h};
  BOOST_TEST(limit.due("a", now));
  BOOST_TEST(!limit.due("a", now + 59s));
  BOOST_TEST(limit.due("b", now + 59s));
  BOOST_TEST(limit.due("a", now + 60s));
  for (std::size_t i = 0; i < warn_limit::names_max - 2; ++i)
    BOOST_TEST(limit.due(std::to_string(i), now + 61s));
  BOOST_TEST(!limit.due("one too many", now + 61s));
  BOOST_TEST(limit.due("one too many", now + 3min));
}

BOOST_AUTO_TEST_SUITE_END()

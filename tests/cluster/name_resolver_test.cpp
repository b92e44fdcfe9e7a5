#define BOOST_TEST_MODULE name_resolver
#include "cluster/name_resolver.hpp"

#include <boost/test/unit_test.hpp>

#include <kj/async-io.h>
#include <kj/vector.h>

#include <algorithm>
#include <future>

using namespace troupe;

namespace {

using addresses = std::vector<std::string>;

/// The one KJ loop of the test's own thread.
kj::AsyncIoContext& own_io() {
  static auto io = new kj::AsyncIoContext(kj::setupAsyncIo()); // never destroyed: at the end there may be events in its queue
  return *io;
}

result<addresses> told(name_resolver& names, const std::string& address) {
  return names.resolve(address).wait(own_io().waitScope);
}

name_lookup never_asked() {
  return [](const std::string& host) -> result<addresses> {
    BOOST_ERROR("nobody should ask for " << host);
    return addresses{};
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_address_is_invalid) {
  name_resolver names(never_asked());
  for (auto address : {"", "10.0.0.2", "host", "a b:1", "host:x"})
    BOOST_TEST((told(names, address).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_name_without_an_address_is_unavailable) {
  name_resolver names([](const std::string&) { return addresses{}; });
  auto why = told(names, "nobody:1").failure();
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message == "its name has no address");
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_knows_is_unavailable_in_the_resolvers_words) {
  name_resolver names;
  auto why = told(names, "no-such-host.invalid:1").failure();
  BOOST_TEST((why.code == error_code::unavailable));
  BOOST_TEST(why.message.find("its name can't be resolved: ") == 0U, why.message);
}

BOOST_AUTO_TEST_CASE(more_lookups_than_the_limit_are_refused_and_nobody_waits_for_one_that_is_given_up) {
  std::promise<void> silence;
  auto silent = silence.get_future().share();
  name_resolver names([silent](const std::string&) {
    silent.wait();
    return addresses{"10.0.0.2"};
  });
  auto under_way = names.resolve("silent:1");
  {
    kj::Vector<kj::Promise<result<addresses>>> given_up;
    for (std::uint32_t i = 1; i < name_resolver::lookups_max; ++i)
      given_up.add(names.resolve("silent:1"));
  }
  BOOST_TEST((told(names, "silent:1").failure().code == error_code::overloaded));
  silence.set_value();
  BOOST_TEST((under_way.wait(own_io().waitScope).value() == addresses{"10.0.0.2:1"}));
}

BOOST_AUTO_TEST_CASE(figures_are_given_back_without_asking_anybody) {
  name_resolver names(never_asked());
  for (std::string address : {"10.0.0.2:7551", "[::1]:7551", "127.0.0.1:0"})
    BOOST_TEST((told(names, address).value() == addresses{address}));
}

BOOST_AUTO_TEST_CASE(a_name_stands_for_all_its_addresses_and_is_asked_for_each_time) {
  int asked = 0;
  name_resolver names([&asked](const std::string& host) {
    BOOST_TEST(host == "seeds.example");
    return ++asked == 1 ? addresses{"10.0.0.2", "fd00::2"} : addresses{"10.0.0.3"};
  });
  BOOST_TEST((told(names, "seeds.example:7551").value() == addresses{"10.0.0.2:7551", "[fd00::2]:7551"}));
  BOOST_TEST((told(names, "seeds.example:7551").value() == addresses{"10.0.0.3:7551"}));
}

BOOST_AUTO_TEST_CASE(localhost_is_found_by_the_machine) {
  name_resolver names;
  auto found = told(names, "localhost:7551");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST((std::find(found->begin(), found->end(), "127.0.0.1:7551") != found->end()
              || std::find(found->begin(), found->end(), "[::1]:7551") != found->end()));
}

#define BOOST_TEST_MODULE listener
#include "runtime/gateway/listener.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

error refusal_of(const std::string& address) {
  auto opened = listen_on(address);
  BOOST_REQUIRE(!opened);
  return opened.failure();
}

bool says(const error& refused, const std::string& part) {
  return refused.message.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_port_in_use_is_told_with_what_to_do) {
  auto first = listen_on("127.0.0.1:0");
  BOOST_REQUIRE(first.ok());
  auto refused = refusal_of(first->address);
  BOOST_TEST((refused.code == error_code::io_failed));
  BOOST_TEST(refused.message
             == "cannot listen on " + first->address
                    + ": the port is in use; stop what listens there or choose another with --listen");
}

BOOST_AUTO_TEST_CASE(whether_other_machines_reach_it_is_told) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"})
    BOOST_TEST(!listen_on(address).value().loopback, address);
  for (const char* address : {"127.0.0.1:0", "127.5.5.5:0", "[::1]:0", "localhost:0"})
    BOOST_TEST(listen_on(address).value().loopback, address);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused_with_an_example) {
  for (const char* address :
       {"", "nonsense", ":7550", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:http", "::1:7550"}) {
    auto refused = refusal_of(address);
    BOOST_TEST_CONTEXT(address) {
      BOOST_TEST((refused.code == error_code::invalid_argument));
      BOOST_TEST(says(refused, "127.0.0.1:7550"));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_this_machine_lacks_is_told) {
  auto refused = refusal_of("no-such-host.invalid:0");
  BOOST_TEST((refused.code == error_code::io_failed));
  BOOST_TEST(says(refused, "cannot listen on no-such-host.invalid:0: "));
}

BOOST_AUTO_TEST_CASE(port_0_becomes_the_one_that_the_kernel_chose) {
  for (const std::string host : {"127.0.0.1", "[::1]"}) {
    auto opened = listen_on(host + ":0");
    BOOST_REQUIRE(opened.ok());
    BOOST_TEST(opened->address.rfind(host + ":", 0) == 0U);
    BOOST_TEST(opened->address != host + ":0");
  }
  BOOST_TEST(listen_on("localhost:0").ok());
}

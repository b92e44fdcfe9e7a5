#define BOOST_TEST_MODULE event
#include "runtime/base/event.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

std::string text_of(const std::string& value) {
  return to_text({{}, severity::info, "happened", {{"what", value}}});
}

} // namespace

BOOST_AUTO_TEST_CASE(a_value_cannot_forge_a_field_or_a_line) {
  BOOST_TEST(text_of("a b=c") == "happened what=\"a b=c\"");
  BOOST_TEST(text_of("a\nhappened") == "happened what=\"a\\nhappened\"");
  BOOST_TEST(text_of("say \"no\"") == "happened what=\"say \\\"no\\\"\"");
  BOOST_TEST(text_of("back\\slash") == "happened what=\"back\\\\slash\"");
}

BOOST_AUTO_TEST_CASE(an_empty_value_is_still_there) {
  BOOST_TEST(text_of("") == "happened what=\"\"");
}

BOOST_AUTO_TEST_CASE(an_event_reads_as_its_name_and_fields_in_order) {
  event crash{{}, severity::warn, "replica_crashed", {{"deployment", "digits"}, {"version", "2"}, {"reason", "signal:11"}}};
  BOOST_TEST(to_text(crash) == "replica_crashed deployment=digits version=2 reason=signal:11");
  BOOST_TEST(to_text({{}, severity::info, "node_started", {}}) == "node_started");
}

BOOST_AUTO_TEST_CASE(a_field_is_found_by_its_key) {
  event scaled{{}, severity::info, "deployment_scaled", {{"deployment", "digits"}, {"replicas", "2"}}};
  BOOST_TEST(field(scaled, "replicas") == "2");
  BOOST_TEST(field(scaled, "version") == "");
}

BOOST_AUTO_TEST_CASE(severities_have_names) {
  BOOST_TEST(to_string(severity::info) == "info");
  BOOST_TEST(to_string(severity::warn) == "warn");
  BOOST_TEST(to_string(severity::error) == "error");
}

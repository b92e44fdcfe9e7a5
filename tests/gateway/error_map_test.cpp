#define BOOST_TEST_MODULE error_map
#include "runtime/gateway/error_map.hpp"

#include <boost/test/unit_test.hpp>

#include <capnp/schema.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

using namespace troupe;

namespace {

std::string lower_snake(kj::StringPtr camel) {
  std::string name;
  for (auto c : camel) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0)
      name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string name_in_schema(schema::Code code) {
  for (auto each : capnp::Schema::from<schema::Code>().getEnumerants())
    if (each.getOrdinal() == static_cast<std::uint16_t>(code))
      return lower_snake(each.getProto().getName());
  return "";
}

std::string readme() {
  std::ostringstream text;
  text << std::ifstream(TROUPE_README).rdbuf();
  return text.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(each_code_has_its_like_in_the_schema_a_status_and_a_line_in_the_readme) {
  std::set<schema::Code> used;
  auto documented = readme();
  for (std::size_t i = 1; i < error_code_count; ++i) {
    auto code = static_cast<error_code>(i);
    BOOST_TEST(used.insert(to_schema(code)).second);
    auto name = std::string(to_string(code));
    BOOST_TEST(name_in_schema(to_schema(code)) == name);
    auto line = "| `" + name + "` | " + std::to_string(to_http_status(code)) + " | ";
    BOOST_TEST(documented.find(line) != std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_code_is_internal) {
  BOOST_TEST((to_schema(error_code{}) == schema::Code::INTERNAL));
  BOOST_TEST(to_http_status(static_cast<error_code>(200)) == 500U);
}

BOOST_AUTO_TEST_CASE(clients_are_told_what_to_do_and_nothing_of_trouble_inside) {
  BOOST_TEST(told_to_clients({error_code::overloaded, "retry later"}) == "retry later");
  for (auto code : {error_code::corrupt, error_code::io_failed, error_code::internal}) {
    auto told = told_to_clients({code, "can't write /var/lib/troupe/store: Input/output error"});
    BOOST_TEST(told.find("/var") == std::string::npos);
    BOOST_TEST(told.find("log") != std::string::npos);
  }
}

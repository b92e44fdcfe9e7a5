#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/infer_round_trip.hpp"

/// The body of an inference request, all of it JSON.
void troupe::fuzz_one(std::string_view input) {
  static const auto echo = echo_of_all_datatypes();
  check_infer_round_trip(input, {}, echo);
}

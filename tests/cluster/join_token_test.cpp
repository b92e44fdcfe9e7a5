#define BOOST_TEST_MODULE join_token
#include "cluster/join_token.hpp"
#include "runtime/base/rng.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string good = to_text({some_cluster, std::string(64, '5'), "0123456789abcdef"});
const std::string advice = "; copy the whole of what 'troupe token create' printed";

std::string refusal_of(const std::string& text) {
  auto parsed = parse_join_token(text);
  BOOST_REQUIRE(!parsed);
  BOOST_TEST((parsed.failure().code == error_code::invalid_argument));
  return parsed.failure().message;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_token_is_refused_with_what_is_wrong_with_it) {
  auto begin = "this is no join token: it doesn't begin with 'trp_'" + advice;
  BOOST_TEST(refusal_of("") == begin);
  BOOST_TEST(refusal_of("hunter2") == begin);
  BOOST_TEST(refusal_of("TRP_" + good.substr(4)) == begin);
  BOOST_TEST(refusal_of(good.substr(0, 60)) == "this is no join token: it has 60 characters, and one has 90" + advice);
  BOOST_TEST(refusal_of(good + "=") == "this is no join token: it has 91 characters, and one has 90" + advice);
  auto spaced = good;
  spaced[10] = ' ';
  BOOST_TEST(refusal_of(spaced) == "this is no join token: its character 11 is none of A-Z, a-z, 0-9, - and _" + advice);
  auto padded = good;
  padded.back() = '_';
  BOOST_TEST(refusal_of(padded) == "this is no join token: its last character can't be right" + advice);
}

BOOST_AUTO_TEST_CASE(a_refusal_repeats_nothing_of_the_secret) {
  for (std::size_t size = 5; size < good.size(); ++size)
    BOOST_TEST(refusal_of(good.substr(0, size)).find(good.substr(4, 4)) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(any_bytes_are_refused_or_parsed) {
  rng random(3);
  for (int round = 0; round < 20'000; ++round) {
    auto text = good;
    for (auto changes = random.below(4) + 1; changes > 0; --changes)
      text[random.below(text.size())] = static_cast<char>(random.next());
    if (auto parsed = parse_join_token(text))
      BOOST_TEST(to_text(*parsed).size() == join_token::text_size);
  }
}

BOOST_AUTO_TEST_CASE(a_token_comes_back_from_its_text) {
  for (int round = 0; round < 100; ++round) {
    auto made = make_join_token(some_cluster, std::string(64, '5'));
    auto back = parse_join_token(" " + to_text(made) + "\r\n").value();
    BOOST_TEST(back.cluster_id == made.cluster_id);
    BOOST_TEST(back.authority_sha256 == made.authority_sha256);
    BOOST_TEST((back.secret == made.secret));
  }
  BOOST_TEST(good == "trp_zMzMzMzMzMzMzMzMzMzMzFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVMDEyMzQ1Njc4OWFiY2RlZg");
}

BOOST_AUTO_TEST_CASE(no_two_tokens_have_the_same_secret) {
  BOOST_TEST(
      (make_join_token(some_cluster, std::string(64, '5')).secret != make_join_token(some_cluster, std::string(64, '5')).secret));
}

#define BOOST_TEST_MODULE rollout_toml
#include "runtime/base/rollout_toml.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using strategy = rollout_strategy;

/// What is said of the file; "" if it is right.
std::string problem(const std::string& text) {
  auto parsed = parse_rollout_toml(text, "r.toml");
  if (parsed)
    return "";
  BOOST_TEST((parsed.failure().code == error_code::invalid_argument));
  return parsed.failure().message;
}

rollout_spec right(const std::string& text) {
  auto parsed = parse_rollout_toml(text, "r.toml");
  BOOST_REQUIRE_MESSAGE(parsed.ok(), problem(text));
  return *parsed;
}

/// Two canary steps, whose second is in lines 4 and 5.
std::string steps(const std::string& first, const std::string& second) {
  return "strategy = \"canary\"\n[[canary.step]]\nweight = " + first + "\n[[canary.step]]\nweight = " + second + "\n";
}

std::string sections(const std::string& section, std::size_t count, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i)
    text += section + std::to_string(i + 1) + "\n";
  return text;
}

void check_stage(const stage_spec& stage, rollout_strategy of, permille weight, permille copies, std::chrono::seconds hold,
                 std::uint64_t samples, bool asks = false) {
  BOOST_TEST(to_string(stage.strategy) == to_string(of));
  BOOST_TEST(stage.weight == weight);
  BOOST_TEST(stage.copies == copies);
  BOOST_TEST((stage.hold == hold), stage.hold.count());
  BOOST_TEST(stage.samples == samples);
  BOOST_TEST(stage.asks == asks);
}

struct wrong_input {
  std::string text;
  std::string problem; ///< without the file's name
};

void all_are_refused(const std::vector<wrong_input>& inputs) {
  for (const auto& input : inputs)
    BOOST_TEST(problem(input.text) == "r.toml:" + input.problem, input.text << "\nis told: " << problem(input.text));
}

const std::string kinds =
    "error_rate, latency_p50, latency_p95, latency_p99, finite_outputs, output_drift, disagreement, memory or expression";

} // namespace

// -- what is wrong ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_no_toml_is_refused_with_its_line) {
  auto message = problem("strategy = \"canary\"\nalpha = = 1");
  BOOST_TEST(message.rfind("r.toml:2: not valid TOML: ", 0) == 0, message);
}

BOOST_AUTO_TEST_CASE(a_strategy_is_known_single_and_never_goes_with_rolling) {
  const std::string known = "one of rolling, canary, blue_green, ab or shadow";
  all_are_refused({
      {"strategy = \"bluegreen\"", "1: strategy: expected " + known + ", found \"bluegreen\"; did you mean 'blue_green'?"},
      {"strategy = [\"shadow\", \"\\u001bcanary\"]",
       "1: strategy: expected " + known + ", found \"?canary\"; did you mean 'canary'?"},
      {"strategy = 5", "1: strategy: expected " + known + ", or a list of at most 5 such, found 5"},
      {"\nstrategy = []", "2: strategy: expected " + known + ", or a list of at most 5 such, found a list of something else"},
      {"strategy = [\"ab\", 1]",
       "1: strategy: expected " + known + ", or a list of at most 5 such, found a list of something else"},
      {"strategy = [\"canary\", \"canary\"]", "1: strategy: expected each strategy once, found \"canary\" again"},
      {"strategy = [\"rolling\", \"canary\"]", "1: strategy: expected \"rolling\" alone, found rolling, canary"},
  });
  BOOST_TEST(problem("strategy = [\"ab\",\"ab\",\"ab\",\"ab\",\"ab\",\"ab\"]").find("at most 5 such") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_section_of_a_strategy_that_is_not_chosen_is_refused) {
  all_are_refused({
      {"[canary]", "1: canary: expected none, because the strategy is rolling"},
      {"strategy = \"canary\"\n[ab]\nweight = 5", "2: ab: expected none, because the strategy is canary"},
      {"strategy = [\"shadow\", \"canary\"]\n[blue_green]",
       "2: blue_green: expected none, because the strategy is shadow, canary"},
      {"strategy = \"blue_green\"\n[[shadow]]", "2: shadow: expected none, because the strategy is blue_green"},
      {"[traffic]\nkey = \"caller\"", "1: traffic: expected none, because the strategy is rolling: no request is split"},
  });
}

BOOST_AUTO_TEST_CASE(with_an_unknown_strategy_no_section_is_blamed_but_for_what_it_says) {
  BOOST_TEST(problem("strategy = \"canery\"\n[ab]\nweight = 0\n[traffic]\n[[check]]\nkind = \"disagreement\"")
             == "r.toml:1: strategy: expected one of rolling, canary, blue_green, ab or shadow, found \"canery\"; did you mean "
                "'canary'?\n"
                "r.toml:3: ab.weight: expected per cent from 0.1 to 99.9 in steps of 0.1, found 0");
}

BOOST_AUTO_TEST_CASE(a_weight_is_from_a_tenth_of_a_per_cent_to_all_in_tenths) {
  for (std::string value : {"0", "0.0", "-1", "0.05", "0.15", "100.1", "100.04", "101", "1e9", "9223372036854775807", "nan",
                            "inf", "-inf", "\"5\"", "\"5%\"", "true"})
    BOOST_TEST(problem("strategy = \"canary\"\n[[canary.step]]\nweight = " + value)
               == "r.toml:3: canary.step[0].weight: expected per cent from 0.1 to 100 in steps of 0.1, found "
                      + (value == "1e9" ? "1e+09" : value));
  all_are_refused({
      {"strategy = \"canary\"\n[[canary.step]]\nhold = \"1m\"",
       "2: canary.step[0].weight: missing; expected per cent like 5 or 0.5"},
      {"strategy = \"ab\"\ntraffic.key = \"caller\"\n[ab]\nweight = 100",
       "4: ab.weight: expected per cent from 0.1 to 99.9 in steps of 0.1, found 100"},
      {"strategy = \"shadow\"\n[shadow]\nshare = 0",
       "3: shadow.share: expected per cent from 0.1 to 100 in steps of 0.1, found 0"},
  });
}

BOOST_AUTO_TEST_CASE(steps_that_do_not_rise_are_refused_with_both) {
  const std::string where = "5: canary.step[1].weight: expected more than the step before it, which is ";
  all_are_refused({
      {steps("25", "5"), where + "25 %, found 5 %"},
      {steps("0.5", "0.5"), where + "0.5 %, found 0.5 %"},
      {steps("12.5", "12"), where + "12.5 %, found 12 %"},
  });
}

BOOST_AUTO_TEST_CASE(a_step_that_can_not_be_read_says_nothing_of_the_others) {
  BOOST_TEST(problem(steps("500", "5") + "[[canary.step]]\nweight = 1\n[[check]]\nkind = \"error_rate\"")
             == "r.toml:3: canary.step[0].weight: expected per cent from 0.1 to 100 in steps of 0.1, found 500\n"
                "r.toml:7: canary.step[2].weight: expected more than the step before it, which is 5 %, found 1 %");
}

BOOST_AUTO_TEST_CASE(strategies_whose_weights_fall_in_the_order_of_the_list_are_refused_with_both) {
  const std::string where = "1: strategy: expected an order in which the candidate's weight never falls, found ";
  all_are_refused({
      {"strategy = [\"ab\", \"canary\"]\ntraffic.key = \"caller\"",
       where + "canary, which begins with 1 %, after ab, which ends with 50 %"},
      {"strategy = [\"canary\", \"blue_green\"]",
       where + "blue_green, which begins with 0 %, after canary, which ends with 50 %"},
      {"strategy = [\"canary\", \"shadow\"]", where + "shadow, which begins with 0 %, after canary, which ends with 50 %"},
  });
}

BOOST_AUTO_TEST_CASE(more_steps_and_checks_than_may_be_are_refused) {
  all_are_refused({
      {"strategy = \"canary\"\n" + sections("[[canary.step]]\nweight = ", 51),
       "2: canary.step: expected at most 50 steps, found 51"},
      {"strategy = \"canary\"\n" + sections("[[check]]\nkind = \"output_drift\"\noutput = \"o\" # ", 21),
       "2: check: expected at most 20 checks, found 21"},
  });
}

BOOST_AUTO_TEST_CASE(what_is_no_section_is_refused) {
  all_are_refused({
      {"strategy = \"canary\"\ncanary = 5", "2: canary: expected a section [canary], found 5"},
      {"strategy = \"canary\"\n[canary]\nstep = 5", "3: canary.step: expected sections [[canary.step]], found 5"},
      {"strategy = \"canary\"\n[canary.step]\nweight = 5", "2: canary.step: expected sections [[canary.step]], found a table"},
      {"strategy = \"canary\"\ncheck = \"error_rate\"", "2: check: expected sections [[check]], found \"error_rate\""},
      {"strategy = \"canary\"\n[traffic]\nalways = \"anna\"",
       "3: traffic.always: expected a section [traffic.always], found \"anna\""},
  });
}

BOOST_AUTO_TEST_CASE(durations_and_counts_have_bounds) {
  const std::string duration = "expected a duration like \"250ms\", \"1s\" or \"5m\" from ";
  all_are_refused({
      {"overdue = 30", "1: overdue: " + duration + "1 s to 7d, found 30"},
      {"overdue = \"0s\"", "1: overdue: " + duration + "1 s to 7d, found \"0s\""},
      {"overdue = \"8d\"", "1: overdue: " + duration + "1 s to 7d, found \"8d\""},
      {"strategy = \"blue_green\"\n[blue_green]\nhold = \"8d\"", "3: blue_green.hold: " + duration + "0 s to 7d, found \"8d\""},
      {"strategy = \"shadow\"\n[shadow]\nhold = \"1500ms\"", "3: shadow.hold: expected whole seconds, found 1.5 s"},
      {"strategy = \"shadow\"\n[shadow]\nsamples = -1",
       "3: shadow.samples: expected a whole number from 0 to 1000000000, found -1"},
      {"strategy = \"shadow\"\n[shadow]\nsamples = 2.0",
       "3: shadow.samples: expected a whole number from 0 to 1000000000, found 2.0"},
      {"fuse = 100001", "1: fuse: expected a whole number from 0 to 100000, found 100001"},
      {"on_overdue = \"wait\"", "1: on_overdue: expected one of roll_back or ask, found \"wait\""},
      {"on_overdue = true", "1: on_overdue: expected a text in quotes, found true"},
      {"strategy = \"blue_green\"\n[blue_green]\nasks = 1", "3: blue_green.asks: expected true or false, found 1"},
  });
}

BOOST_AUTO_TEST_CASE(alpha_is_a_chance_above_0_and_up_to_a_half) {
  for (std::string value : {"0", "0.0", "-0.05", "0.51", "1", "nan", "inf", "\"0.05\"", "true"})
    BOOST_TEST(problem("alpha = " + value) == "r.toml:1: alpha: expected a number above 0 and up to 0.5, found " + value);
}

BOOST_AUTO_TEST_CASE(an_ab_test_needs_a_key) {
  const std::string keys = R"("caller", "request_id" or "header:NAME")";
  all_are_refused({
      {"\nstrategy = \"ab\"",
       "1: traffic.key: missing; expected " + keys + ", because ab compares those who stay with one version"},
      {"strategy = [\"shadow\", \"ab\"]\n[traffic]\nalways = { caller = \"anna\" }",
       "2: traffic.key: missing; expected " + keys + ", because ab compares those who stay with one version"},
      {"strategy = \"ab\"\n[traffic]\nkey = \"none\"", "3: traffic.key: expected " + keys + ", found \"none\""},
      {"strategy = \"ab\"\n[traffic]\nkey = \"user\"", "3: traffic.key: expected " + keys + ", found \"user\""},
  });
}

BOOST_AUTO_TEST_CASE(a_key_is_of_a_known_kind_and_its_header_has_a_name_that_http_knows) {
  auto with_key = [](const std::string& key) { return "strategy = \"canary\"\n[traffic]\nkey = " + key; };
  const std::string keys = R"("none", "caller", "request_id" or "header:NAME")";
  const std::string name = "expected the name of an HTTP header, 1 to 128 letters, digits and !#$%&'*+-.^_`|~, found ";
  all_are_refused({
      {with_key("5"), "3: traffic.key: expected " + keys + ", found 5"},
      {with_key("\"\""), "3: traffic.key: expected " + keys + ", found \"\""},
      {with_key("\"Caller\""), "3: traffic.key: expected " + keys + ", found \"Caller\""},
      {with_key("\"header\""), "3: traffic.key: expected " + keys + ", found \"header\""},
      {with_key("\"header:\""), "3: traffic.key: " + name + "\"\""},
      {with_key("\"header: x-user\""), "3: traffic.key: " + name + "\" x-user\""},
      {with_key("\"header:x-user:\""), "3: traffic.key: " + name + "\"x-user:\""},
      {with_key("\"header:x-\\u00fcser\""), "3: traffic.key: " + name + "\"x-\u00fcser\""},
      {with_key("\"header:" + std::string(129, 'x') + "\""), "3: traffic.key: " + name + "\"" + std::string(60, 'x') + "…\""},
  });
}

BOOST_AUTO_TEST_CASE(who_is_always_answered_by_the_candidate_is_said_in_full) {
  auto with = [](const std::string& always) { return "strategy = \"canary\"\n[traffic]\nalways = " + always; };
  const std::string name = "expected the name of an HTTP header, 1 to 128 letters, digits and !#$%&'*+-.^_`|~, found ";
  const std::string value = "expected 1 to 256 printable characters without blanks at either end, found ";
  const std::string caller = "expected a caller's name, 1 to 64 printable ASCII characters without blanks, found ";
  all_are_refused({
      {with("{}"), "3: traffic.always: expected a header and its value, a caller, or both, found neither"},
      {with("{ header = \"x-canary\" }"), "3: traffic.always.value: missing; expected the value that the header must have"},
      {with("{ value = \"yes\" }"),
       "3: traffic.always.header: missing; expected the name of an HTTP header, because there is a value"},
      {with("{ header = \"x canary\", value = \"yes\" }"), "3: traffic.always.header: " + name + "\"x canary\""},
      {with("{ header = \"x-canary\", value = true }"),
       "3: traffic.always.value: expected the value that the header must have, found true"},
      {with("{ header = \"x-canary\", value = \"\" }"), "3: traffic.always.value: " + value + "\"\""},
      {with("{ header = \"x-canary\", value = \" yes\" }"), "3: traffic.always.value: " + value + "\" yes\""},
      {with("{ header = \"x-canary\", value = \"a\\nb\" }"), "3: traffic.always.value: " + value + "\"a?b\""},
      {with("{ caller = \"\" }"), "3: traffic.always.caller: " + caller + "\"\""},
      {with("{ caller = \"anna b\" }"), "3: traffic.always.caller: " + caller + "\"anna b\""},
      {with("{ caller = 7 }"), "3: traffic.always.caller: expected a caller's name, found 7"},
      {with("{ user = \"anna\" }"), "3: traffic.always: expected a header and its value, a caller, or both, found neither\n"
                                    "r.toml:3: traffic.always: unknown key 'user'; known are caller, header, value"},
  });
}

BOOST_AUTO_TEST_CASE(a_check_is_known_and_single_and_tolerates_a_finite_amount) {
  const std::string canary = "strategy = [\"shadow\", \"canary\"]\n[[check]]\n";
  const std::string tolerance = "4: check[0].tolerance: expected a number from 0 to ";
  auto of = [&canary](const std::string& kind) { return canary + "kind = \"" + kind + "\"\n"; };
  all_are_refused({
      {canary, "2: check[0].kind: missing; expected one of " + kinds},
      {canary + "kind = \"p99\"", "3: check[0].kind: expected one of " + kinds + ", found \"p99\""},
      {canary + "kind = 99", "3: check[0].kind: expected one of " + kinds + ", found 99"},
      {of("error_rate") + "tolerance = -0.1", tolerance + "100, found -0.1"},
      {of("error_rate") + "tolerance = nan", tolerance + "100, found nan"},
      {of("error_rate") + "tolerance = inf", tolerance + "100, found inf"},
      {of("error_rate") + "tolerance = \"25%\"", tolerance + "100, found \"25%\""},
      {of("disagreement") + "tolerance = 1.5", tolerance + "1, found 1.5"},
      {of("output_drift") + "tolerance = 2", tolerance + "1, found 2"},
      {of("disagreement") + "by = \"top\"", "4: check[0].by: expected one of values, bytes or top_class, found \"top\""},
      {of("output_drift") + "by = \"bytes\"", "4: check[0].by: expected one of values, top_class, found \"bytes\""},
      {of("finite_outputs") + "by = \"values\"",
       "4: check[0].by: expected none, because finite_outputs looks at outputs in one way only"},
      {of("disagreement") + "within = -1", "4: check[0].within: expected a number from 0 to 1e+06, found -1"},
      {of("disagreement") + "by = \"top_class\"\nwithin = 0.1",
       "5: check[0].within: expected none, because only disagreement by values compares numbers"},
      {of("output_drift") + "within = 0.1",
       "4: check[0].within: expected none, because only disagreement by values compares numbers"},
      {of("error_rate") + "margin = \"1ms\"",
       "4: check[0].margin: expected none, because only latency_p50, latency_p95 and latency_p99 have one"},
      {of("latency_p99") + "output = \"scores\"", "4: check[0].output: expected none, because latency_p99 looks at no output"},
      {of("output_drift") + "output = \"\"",
       "4: check[0].output: expected 1 to 128 printable ASCII characters without blanks, found \"\""},
      {of("output_drift") + "output = 1", "4: check[0].output: expected the name of an output, found 1"},
      {of("error_rate") + "[[check]]\nkind = \"error_rate\"\ntolerance = 0.5",
       "5: check[1].kind: expected each check once, found \"error_rate\" again"},
      {of("output_drift") + "output = \"y\"\n[[check]]\nkind = \"output_drift\"\noutput = \"y\"",
       "6: check[1].kind: expected each check once, found \"output_drift\" of \"y\" again"},
  });
}

BOOST_AUTO_TEST_CASE(a_check_of_an_unknown_kind_is_blamed_for_that_alone) {
  BOOST_TEST(problem("[[check]]\nkind = \"drift\"\noutput = \"y\"\n[[check]]\nkind = \"drift\"").find("output:")
             == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_check_that_can_never_have_data_is_refused) {
  const std::string copies =
      ": expected the strategy shadow with it, because only copies are answered by both versions, found none";
  const std::string stage = ": expected a stage in which both versions get requests, because it compares them, found none";
  auto with_check = [](const std::string& head, const std::string& kind) {
    return head + "\n[[check]]\nkind = \"" + kind + "\"";
  };
  all_are_refused({
      {with_check("strategy = \"canary\"", "disagreement"), "3: check[0].kind" + copies},
      {with_check("strategy = \"blue_green\"", "disagreement"), "3: check[0].kind" + copies},
      {with_check("", "error_rate"), "3: check[0].kind" + stage},
      {with_check("", "memory"), "3: check[0].kind: expected a stage in which the candidate gets requests, found none"},
      {with_check("strategy = \"blue_green\"", "error_rate"), "3: check[0].kind" + stage},
      {with_check("strategy = \"blue_green\"", "latency_p95"), "3: check[0].kind" + stage},
      {with_check("strategy = \"blue_green\"", "finite_outputs"), "3: check[0].kind" + stage},
      {with_check("strategy = \"blue_green\"", "output_drift"), "3: check[0].kind" + stage},
      {with_check("strategy = \"shadow\"", "latency_p99"), "3: check[0].kind" + stage}, // copies have idle priority
      {with_check("strategy = \"canary\"\n[[canary.step]]\nweight = 100", "error_rate"), "5: check[0].kind" + stage},
  });
}

BOOST_AUTO_TEST_CASE(an_ab_test_may_have_others_that_get_as_much_each) {
  const std::string ab = "strategy = \"ab\"\ntraffic.key = \"caller\"\n[ab]\n";
  auto spec = right(ab + "others = [2, 7]\n");
  BOOST_TEST((spec.others == std::vector<version_number>{2, 7}));
  BOOST_TEST(spec.stages.at(0).weight == 250U);
  BOOST_TEST(right(ab + "others = [2, 7]\nweight = 33.3\n").stages.at(0).weight == 333U);
  BOOST_TEST(right(ab).others.empty());
  all_are_refused({
      {ab + "others = [2, 2]", "4: ab.others: expected each version once, found 2 again"},
      {ab + "others = [2, 7]\nweight = 33.4",
       "5: ab.weight: expected at most 33.3 %, because 3 versions get as much each and the live one the rest, found 33.4 %"},
  });
  for (auto wrong : {"others = [0]", "others = [1, 2, 3, 4, 5, 6, 7, 8, 9]", "others = \"2\"", "others = [-1]"})
    BOOST_TEST(problem(ab + wrong).find("r.toml:4: ab.others") == 0U, problem(ab + wrong));
}

BOOST_AUTO_TEST_CASE(an_expression_is_read_with_its_bounds) {
  auto spec = right("strategy = \"canary\"\n[[check]]\nkind = \"expression\"\nvalue = \"latency_p99_ms * 2\"\nat_most = \"2 * "
                    "incumbent\"\nat_least = 0.5\nsamples = 7\n"
                    "[[check]]\nkind = \"expression\"\nvalue = \"rows\"\nat_most = 12\n");
  BOOST_REQUIRE(spec.checks.size() == 2U);
  const auto& first = *spec.checks[0].bounded;
  BOOST_TEST(first.value == "latency_p99_ms * 2");
  BOOST_TEST(first.at_most == "2 * incumbent");
  BOOST_TEST(first.at_least == "0.5");
  BOOST_TEST(first.samples == 7U);
  BOOST_TEST((first.asks_incumbent && first.asks_latency));
  const auto& second = *spec.checks[1].bounded;
  BOOST_TEST(second.at_most == "12");
  BOOST_TEST(second.at_least == "");
  BOOST_TEST(second.samples == 100U);
  BOOST_TEST((!second.asks_incumbent && !second.asks_latency));
}

BOOST_AUTO_TEST_CASE(an_expression_that_cannot_be_computed_is_refused) {
  auto checked = [](const std::string& lines) { return "strategy = \"canary\"\n[[check]]\nkind = \"expression\"\n" + lines; };
  const std::string rows = "value = \"rows\"\n";
  all_are_refused({
      {checked("at_most = 1"), "2: check[0].value: missing; expected an expression like \"rows / batches\""},
      {checked(rows),
       "2: check[0].at_most: missing; expected at_most or at_least, a number or an expression like \"1.5 * incumbent\""},
      {checked("value = \"rowz\"\nat_most = 1"),
       "4: check[0].value: expected an expression, found \"rowz\": there is no \"rowz\"; did you mean 'rows'?"},
      {checked(rows + "at_most = \"rows\""),
       "5: check[0].at_most: expected an expression, found \"rows\": there is no \"rows\"; known are incumbent"},
      {checked(rows + "at_least = \"\""), "5: check[0].at_least: expected an expression, found \"\": expression is empty"},
      {checked(rows + "at_least = nan"), "5: check[0].at_least: expected a number, or a text in quotes, found nan"},
      {checked(rows + "at_least = true"), "5: check[0].at_least: expected a number, or a text in quotes, found true"},
      {checked(rows + "at_least = \"" + std::string(1001, '1') + "\""),
       "5: check[0].at_least: expected at most 1000 characters, found 1001"},
      {checked(rows + "at_least = 1\ntolerance = 1"),
       "6: check[0].tolerance: expected none, because an expression has bounds: at_most, at_least"},
      {checked(rows + "at_least = 1\n[[check]]\nkind = \"expression\"\n" + rows + "at_most = 2"),
       "8: check[1].value: expected each expression once, found \"rows\" again; one check may have at_most and at_least"},
      {checked("value = \"1 + 1\"\nat_most = 1"),
       "4: check[0].value: expected at least one of the names of figures, such as requests or rows, found none in \"1 + 1\""},
      {checked("value = \"rows / 0\"\nat_most = 1"),
       "4: check[0].value: expected an expression, found \"rows / 0\": it is no finite number whatever the figures are"},
      {checked("value = \"rows\\u0000\"\nat_most = 1"),
       "4: check[0].value: expected an expression, found \"rows?\": it has a line end, or another control character"},
      {checked(rows + "at_most = 5\nat_least = 10"), "6: check[0].at_least: expected no more than at_most, which is 5, found 10"},
      {checked(rows + "at_most = 5\nmargin = \"1ms\""),
       "6: check[0].margin: expected none, because only latency_p50, latency_p95 and latency_p99 have one"},
      {"strategy = \"canary\"\n[[check]]\nkind = \"expresion\"\nvalue = \"rows\"\nat_most = 1",
       "3: check[0].kind: expected one of error_rate, latency_p50, latency_p95, latency_p99, finite_outputs, output_drift, "
       "disagreement, "
       "memory or expression, found \"expresion\"; did you mean 'expression'?"},
      {"strategy = \"canary\"\n[[check]]\nkind = \"error_rate\"\nat_most = 1",
       "4: check[0].at_most: expected none, because only the kind expression has one"},
  });
}

BOOST_AUTO_TEST_CASE(an_expression_needs_a_stage_that_gives_it_data) {
  auto checked = [](const std::string& strategy, const std::string& value, const std::string& bound) {
    return "strategy = \"" + strategy + "\"\n[[check]]\nkind = \"expression\"\nvalue = \"" + value + "\"\nat_most = \"" + bound
           + "\"\n";
  };
  all_are_refused({
      {checked("blue_green", "rows", "1"), "3: check[0].kind: expected a stage in which the candidate gets requests, found none"},
      {checked("blue_green", "rows", "incumbent"),
       "3: check[0].kind: expected a stage in which both versions get requests, because it compares them, found none"},
      {checked("shadow", "latency_p50_ms", "1"),
       "3: check[0].kind: expected a stage in which the candidate gets requests, found none"},
  });
  right(checked("shadow", "rows", "incumbent"));
  right(checked("canary", "latency_p50_ms", "incumbent"));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_told_where_it_belongs) {
  all_are_refused({
      {"strategi = \"ab\"", "1: unknown key 'strategi'; did you mean 'strategy'?"},
      {"[bluegreen]", "1: unknown key 'bluegreen'; did you mean 'blue_green'?"},
      {"strategy = \"blue_green\"\n[blue_green]\nsamples = 1", "3: blue_green: unknown key 'samples'; known are hold, asks"},
      {"strategy = \"canary\"\n[canary]\nfuse = 5",
       "3: canary: unknown key 'fuse'; it must stand above the first [section] of the file"},
      {"strategy = \"canary\"\n[[canary.step]]\nweight = 5\nalpha = 0.1",
       "4: canary.step[0]: unknown key 'alpha'; it must stand above the first [section] of the file"},
      {"strategy = \"canary\"\n[traffic.always]\ncaller = \"anna\"\nkey = \"caller\"",
       "4: traffic.always: unknown key 'key'; it must stand in [traffic]"},
      {"strategy = \"shadow\"\n[shadow]\nweight = 5", "3: shadow: unknown key 'weight'; known are share, samples, hold, asks"},
  });
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_file_holds_none_of_its_control_characters) {
  BOOST_TEST(problem("\"a\\nr.toml:7: b\\u001b\" = 1\n").find("r.toml:1: unknown key 'a?r.toml:7: b?'; ") == 0U);
  auto no_toml = problem(std::string("a = tru\x12\0e\n", 11));
  BOOST_TEST(no_toml.find("r.toml:1: not valid TOML: ") == 0U);
  BOOST_TEST(std::none_of(no_toml.begin(), no_toml.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }));
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once_in_the_order_of_their_lines) {
  BOOST_TEST(
      problem("alpha = 0\nfuse = -1\nstrategy = [\"canary\", \"ab\"]\n[shadow]\n[ab]\nweight = 0\n[[canary.step]]\n"
              "weight = 10\nholds = \"1m\"\n[[canary.step]]\nweight = 5\n[[check]]\nkind = \"disagreement\"\ntolerance = 2\n")
      == "r.toml:1: alpha: expected a number above 0 and up to 0.5, found 0\n"
         "r.toml:1: traffic.key: missing; expected \"caller\", \"request_id\" or \"header:NAME\", because ab compares those "
         "who stay with one version\n"
         "r.toml:2: fuse: expected a whole number from 0 to 100000, found -1\n"
         "r.toml:4: shadow: expected none, because the strategy is canary, ab\n"
         "r.toml:6: ab.weight: expected per cent from 0.1 to 99.9 in steps of 0.1, found 0\n"
         "r.toml:9: canary.step[0]: unknown key 'holds'; did you mean 'hold'?\n"
         "r.toml:11: canary.step[1].weight: expected more than the step before it, which is 10 %, found 5 %\n"
         "r.toml:13: check[0].kind: expected the strategy shadow with it, because only copies are answered by both versions, "
         "found none\n"
         "r.toml:14: check[0].tolerance: expected a number from 0 to 1, found 2");
}

// -- what is right ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_empty_file_is_a_rolling_rollout_with_the_defaults_of_the_spec) {
  auto spec = right("");
  rollout_spec defaults;
  BOOST_TEST(spec.stages.empty());
  BOOST_TEST(spec.checks.empty());
  BOOST_TEST(spec.alpha == defaults.alpha);
  BOOST_TEST((spec.key.kind == split_key_kind::none));
  BOOST_TEST(!spec.always.has_value());
  BOOST_TEST(spec.fuse == 0U);
  BOOST_TEST((spec.overdue == 30min));
  BOOST_TEST((spec.on_overdue == overdue_action::roll_back));
}

BOOST_AUTO_TEST_CASE(a_full_file_gives_its_spec) {
  auto spec = right(R"(strategy = "canary"
alpha = 0.5
fuse = 7
overdue = "1h"
on_overdue = "ask"
[traffic]
key = "header:X-User"
always = { header = "X-Canary", value = "Yes please", caller = "anna" }
[canary]
[[canary.step]]
weight = 0.3
hold = "0s"
samples = 0
[[canary.step]]
weight = 33.3
hold = "2h"
samples = 1000000000
asks = true
[[canary.step]]
weight = 100
[[check]]
kind = "output_drift"
tolerance = 1
output = "scores"
[[check]]
kind = "output_drift"
[[check]]
kind = "finite_outputs"
[[check]]
kind = "latency_p95"
margin = "2ms"
)");
  BOOST_TEST(spec.alpha == 0.5);
  BOOST_TEST(spec.fuse == 7U);
  BOOST_TEST((spec.overdue == 1h));
  BOOST_TEST((spec.on_overdue == overdue_action::ask));
  BOOST_TEST((spec.key.kind == split_key_kind::header));
  BOOST_TEST(spec.key.header == "x-user");
  BOOST_REQUIRE(spec.always.has_value());
  BOOST_TEST(spec.always->header == "x-canary");
  BOOST_TEST(spec.always->header_value == "Yes please");
  BOOST_TEST(spec.always->caller == "anna");
  BOOST_REQUIRE(spec.stages.size() == 3U);
  check_stage(spec.stages[0], strategy::canary, 3, 0, 0s, 0);
  check_stage(spec.stages[1], strategy::canary, 333, 0, 2h, 1'000'000'000, true);
  check_stage(spec.stages[2], strategy::canary, 1000, 0, 1min, 100);
  BOOST_REQUIRE(spec.checks.size() == 4U);
  BOOST_TEST((spec.checks[0].margin == 5ms));
  BOOST_TEST((spec.checks[3].margin == 2ms));
  BOOST_TEST((spec.checks[0].kind == check_kind::output_drift));
  BOOST_TEST(spec.checks[0].tolerance == 1.0);
  BOOST_TEST(spec.checks[0].output == "scores");
  BOOST_TEST(spec.checks[1].output == "");
  BOOST_TEST(spec.checks[1].tolerance == 0.1);
  BOOST_TEST((spec.checks[2].kind == check_kind::finite_outputs));
  BOOST_TEST(spec.checks[2].tolerance == 0.0);
}

BOOST_AUTO_TEST_CASE(every_tenth_of_a_per_cent_is_read_exactly) {
  for (permille weight = 1; weight <= all_requests; ++weight) {
    auto text = std::to_string(weight / 10) + "." + std::to_string(weight % 10);
    auto spec = right("strategy = \"canary\"\n[[canary.step]]\nweight = " + text);
    BOOST_REQUIRE(spec.stages.size() == 1U);
    BOOST_TEST(spec.stages[0].weight == weight);
  }
}

BOOST_AUTO_TEST_CASE(strategies_compose_in_the_order_of_the_list) {
  auto spec = right(R"(strategy = ["shadow", "blue_green", "canary", "ab"]
traffic.key = "request_id"
[ab]
weight = 20
samples = 5
asks = true
[[canary.step]]
weight = 20
[blue_green]
hold = "10s"
asks = true
[shadow]
share = 100
hold = "3s"
samples = 7
[[check]]
kind = "disagreement"
tolerance = 1
[[check]]
kind = "disagreement"
by = "top_class"
[[check]]
kind = "disagreement"
output = "scores"
within = 0.5
)");
  BOOST_TEST((spec.key.kind == split_key_kind::request_id));
  BOOST_REQUIRE(spec.stages.size() == 4U);
  check_stage(spec.stages[0], strategy::shadow, 0, 1000, 3s, 7);
  check_stage(spec.stages[1], strategy::blue_green, 0, 0, 10s, 0, true);
  check_stage(spec.stages[2], strategy::canary, 200, 0, 1min, 100);
  check_stage(spec.stages[3], strategy::ab, 200, 0, 1min, 5, true);
  BOOST_REQUIRE(spec.checks.size() == 3U);
  BOOST_TEST(spec.checks[1].tolerance == 0.01);
  BOOST_TEST((spec.checks[1].by == output_look::top_class));
  BOOST_TEST((spec.checks[2].by == output_look::values));
  BOOST_TEST(spec.checks[2].within == 0.5);
}

BOOST_AUTO_TEST_CASE(a_rolling_rollout_may_have_bounds) {
  BOOST_TEST(!right("strategy = \"rolling\"").rolling);
  auto spec = right("[rolling]\nsurge = 2\nunavailable = 3\nhold = \"4s\"\n[[check]]\nkind = \"error_rate\"");
  BOOST_REQUIRE(spec.rolling);
  BOOST_TEST(spec.rolling->surge == 2U);
  BOOST_TEST(spec.rolling->unavailable == 3U);
  BOOST_TEST((spec.rolling->hold == 4s));
  BOOST_TEST(right("[rolling]").rolling->surge == 1U);
  all_are_refused({
      {"[rolling]\nsurge = 0",
       "1: rolling: expected a surge or unavailable replicas, found neither: then no replica could be replaced"},
      {"[rolling]\nsurge = 257", "2: rolling.surge: expected a whole number from 0 to 256, found 257"},
      {"strategy = \"canary\"\n[rolling]\nsurge = 1", "2: rolling: expected none, because the strategy is canary"},
  });
}

BOOST_AUTO_TEST_CASE(a_list_of_one_is_that_strategy) {
  BOOST_TEST(right("strategy = [\"rolling\"]").stages.empty());
  BOOST_TEST(right("strategy = [\"blue_green\"]").stages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_steps_and_checks_that_may_be_are_read) {
  auto text = "strategy = \"canary\"\n" + sections("[[canary.step]]\nweight = ", 50);
  for (std::size_t i = 0; i < 20; ++i)
    text += "[[check]]\nkind = \"output_drift\"\noutput = \"o" + std::to_string(i) + "\"\n";
  auto spec = right(text);
  BOOST_TEST(spec.stages.size() == 50U);
  BOOST_TEST(spec.checks.size() == 20U);
}

BOOST_AUTO_TEST_CASE(memory_is_measured_whatever_requests_there_are) {
  auto spec = right("strategy = \"blue_green\"\n[[check]]\nkind = \"memory\"");
  BOOST_TEST(spec.checks.at(0).tolerance == 0.25);
}

BOOST_AUTO_TEST_CASE(checks_of_copies_alone_have_data) {
  for (std::string kind : {"error_rate", "finite_outputs", "output_drift", "disagreement"})
    BOOST_TEST(right("strategy = \"shadow\"\n[[check]]\nkind = \"" + kind + "\"").checks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_is_always_answered_by_the_candidate_gives_a_stage_without_weight_its_data) {
  auto spec = right("strategy = \"blue_green\"\ntraffic.always = { caller = \"anna\" }\n[[check]]\nkind = \"error_rate\"");
  BOOST_TEST(spec.always->caller == "anna");
  BOOST_TEST(spec.always->header == "");
}

// -- what a strategy means without a file -----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_strategy_has_a_name_that_leads_back_to_it) {
  for (auto of : {strategy::rolling, strategy::canary, strategy::blue_green, strategy::ab, strategy::shadow})
    BOOST_TEST((strategy_from(to_string(of)) == of));
  for (auto name : {"", "Canary", "blue-green", "unknown"})
    BOOST_TEST(!strategy_from(name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(rolling_alone_means_no_stages) {
  auto spec = right(default_rollout_toml(strategy::rolling));
  BOOST_TEST(spec.stages.empty());
  BOOST_TEST(spec.checks.empty());
}

namespace {

void checks_errors_and_tail_latency(const rollout_spec& spec) {
  BOOST_REQUIRE(spec.checks.size() == 2U);
  BOOST_TEST((spec.checks[0].kind == check_kind::error_rate));
  BOOST_TEST((spec.checks[1].kind == check_kind::latency_p99));
  BOOST_TEST(spec.checks[0].tolerance == 0.25);
  BOOST_TEST(spec.checks[1].tolerance == 0.25);
}

} // namespace

BOOST_AUTO_TEST_CASE(canary_alone_means_four_rising_steps_with_checks_and_a_fuse) {
  auto spec = right(default_rollout_toml(strategy::canary));
  const std::vector<permille> weights = {10, 50, 250, 500};
  BOOST_REQUIRE(spec.stages.size() == weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    check_stage(spec.stages[i], strategy::canary, weights[i], 0, 1min, 100);
  checks_errors_and_tail_latency(spec);
  BOOST_TEST(spec.fuse == 5U);
}

BOOST_AUTO_TEST_CASE(blue_green_alone_means_one_stage_without_requests_and_the_switch) {
  auto spec = right(default_rollout_toml(strategy::blue_green));
  BOOST_REQUIRE(spec.stages.size() == 1U);
  check_stage(spec.stages[0], strategy::blue_green, 0, 0, 0s, 0);
  BOOST_TEST(spec.checks.empty());
}

BOOST_AUTO_TEST_CASE(ab_alone_means_half_of_the_requests_until_there_are_samples) {
  auto spec = right(default_rollout_toml(strategy::ab));
  BOOST_REQUIRE(spec.stages.size() == 1U);
  check_stage(spec.stages[0], strategy::ab, 500, 0, 1min, 1000);
  BOOST_TEST((spec.key.kind == split_key_kind::request_id));
  checks_errors_and_tail_latency(spec);
  BOOST_TEST(spec.fuse == 5U);
}

BOOST_AUTO_TEST_CASE(shadow_alone_means_copies_of_a_tenth) {
  auto spec = right(default_rollout_toml(strategy::shadow));
  BOOST_REQUIRE(spec.stages.size() == 1U);
  check_stage(spec.stages[0], strategy::shadow, 0, 100, 1min, 100);
  BOOST_REQUIRE(spec.checks.size() == 2U);
  BOOST_TEST((spec.checks[0].kind == check_kind::error_rate));
  BOOST_TEST((spec.checks[1].kind == check_kind::disagreement));
  BOOST_TEST(spec.fuse == 0U);
}

/// So that a file that says little and no file at all mean the same.
BOOST_AUTO_TEST_CASE(the_stages_of_a_strategy_named_in_a_file_are_those_it_has_without_one) {
  for (auto of : {strategy::rolling, strategy::canary, strategy::blue_green, strategy::ab, strategy::shadow}) {
    auto named =
        right("strategy = \"" + std::string(to_string(of)) + "\"\n" + (of == strategy::ab ? "traffic.key = \"caller\"" : ""));
    auto written = right(default_rollout_toml(of));
    BOOST_REQUIRE(named.stages.size() == written.stages.size());
    for (std::size_t i = 0; i < named.stages.size(); ++i) {
      const auto& stage = written.stages[i];
      check_stage(named.stages[i], stage.strategy, stage.weight, stage.copies, stage.hold, stage.samples, stage.asks);
    }
    BOOST_TEST((named.overdue == written.overdue));
    BOOST_TEST((named.on_overdue == written.on_overdue));
  }
}

/// The lines that are commented out say what is right, too.
BOOST_AUTO_TEST_CASE(what_the_canarys_default_proposes_in_comments_parses) {
  auto text = default_rollout_toml(strategy::canary);
  for (std::string proposed : {"\n# [", "\n# key", "\n# always"})
    for (auto at = text.find(proposed); at != std::string::npos; at = text.find(proposed))
      text.erase(at + 1, 2);
  auto spec = right(text);
  BOOST_TEST(spec.always.has_value());
  BOOST_TEST(spec.checks.size() == 2U);
}

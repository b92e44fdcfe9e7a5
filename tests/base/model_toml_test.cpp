#define BOOST_TEST_MODULE model_toml
#include "runtime/base/model_toml.hpp"
#include "runtime/base/toml_reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A right file; line 1 is max_batch, 4 to 7 the input, 9 to 12 the output.
const std::string good = R"(max_batch = 8
threads = 2

[[inputs]]
name = "image"
datatype = "FP32"
shape = [-1, 64]

[[outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 10]
)";

/// What is said of `good` with its only `from` replaced by `to`; "" if it is right.
std::string problem_after(const std::string& from, const std::string& to) {
  auto text = good;
  auto at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  auto parsed = parse_model_toml(text.replace(at, from.size(), to), "model.toml");
  if (parsed)
    return "";
  BOOST_TEST((parsed.failure().code == error_code::invalid_argument));
  return parsed.failure().message;
}

/// What is said of `good` with this added at its end, where line 13 begins.
std::string problem_with(const std::string& more) {
  return problem_after("shape = [-1, 10]\n", "shape = [-1, 10]\n" + more);
}

/// "a.a.a", of so many parts.
std::string dotted_key(std::size_t parts) {
  std::string key = "a";
  for (std::size_t i = 1; i < parts; ++i)
    key += ".a";
  return key;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_toml_is_refused_with_its_line) {
  auto message = problem_after("threads = 2", "threads = = 2");
  BOOST_TEST(message.rfind("model.toml:2: not valid TOML: ", 0) == 0, message);
}

BOOST_AUTO_TEST_CASE(a_file_beyond_the_limit_is_refused_before_it_is_parsed) {
  auto parsed = parse_model_toml(std::string(toml_bytes_max + 1, '['), "model.toml");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.failure().message == "model.toml: 256 KiB is too large, expected at most 256 KiB");
}

BOOST_AUTO_TEST_CASE(nesting_too_deep_for_the_stack_is_refused) {
  auto parsed = parse_model_toml("a = " + std::string(200'000, '['), "model.toml");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.failure().message.rfind("model.toml:1: not valid TOML: ", 0) == 0, parsed.failure().message);
}

BOOST_AUTO_TEST_CASE(a_key_of_too_many_parts_for_the_stack_is_refused) {
  for (const auto& text : {"\n" + dotted_key(100'000) + " = 1", "\n[" + dotted_key(100'000) + "]"}) {
    auto parsed = parse_model_toml(text, "model.toml");
    BOOST_REQUIRE(!parsed);
    BOOST_TEST(parsed.failure().message == "model.toml:2: expected at most 100 dots in a line, found more");
  }
}

BOOST_AUTO_TEST_CASE(keys_of_many_parts_within_values_that_are_nested_deep_fit_the_stack) {
  std::string text = "x = ";
  for (int i = 0; i < 128; ++i)
    text += "[\n{" + dotted_key(101) + " = ";
  auto closed = text + "1";
  for (int i = 0; i < 128; ++i)
    closed += "}\n]";
  BOOST_TEST(!parse_model_toml(text, "model.toml"));
  BOOST_TEST(!parse_model_toml(closed, "model.toml"));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_told_what_it_lacks) {
  auto parsed = parse_model_toml("", "model.toml");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.failure().message
             == "model.toml:1: inputs: expected 1 to 32 sections [[inputs]] with name, datatype and shape, found 0\n"
                "model.toml:1: outputs: expected 1 to 32 sections [[outputs]] with name, datatype and shape, found 0");
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_the_nearest_known_one) {
  BOOST_TEST(problem_after("max_batch = 8", "max_bach = 8") == "model.toml:1: unknown key 'max_bach'; did you mean 'max_batch'?");
  BOOST_TEST(problem_after("datatype = \"FP32\"\nshape = [-1, 64]", "datatype = \"FP32\"\nshape = [-1, 64]\nformat = 1")
             == "model.toml:8: inputs[0]: unknown key 'format'; known are name, datatype, shape");
  BOOST_TEST(problem_with("[limits]\nmemroy = 1") == "model.toml:14: limits: unknown key 'memroy'; did you mean 'memory'?");
}

BOOST_AUTO_TEST_CASE(a_setting_below_the_first_section_is_told_where_it_belongs) {
  BOOST_TEST(problem_with("replicas = 2")
             == "model.toml:13: outputs[0]: unknown key 'replicas'; it must stand above the first [section] of the file");
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_or_of_another_type_are_refused) {
  for (auto value : {"-1", "65537", "\"8\"", "8.0", "[8]", "true", "9223372036854775807"})
    BOOST_TEST(problem_after("= 8", "= " + std::string(value))
                       .rfind("model.toml:1: max_batch: expected a whole number from 0 to 65536, found ", 0)
                   == 0,
               value);
  BOOST_TEST(problem_after("threads = 2", "threads = 0")
             == "model.toml:2: threads: expected a whole number from 1 to 64, found 0");
  BOOST_TEST(problem_after("threads = 2", "replicas = 257")
             == "model.toml:2: replicas: expected a whole number from 1 to 256, found 257");
}

BOOST_AUTO_TEST_CASE(an_unknown_datatype_is_refused_with_the_known_ones) {
  BOOST_TEST(
      problem_after("FP32", "FLOAT")
      == "model.toml:6: inputs[0].datatype: expected one of BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 "
         "or BYTES, found \"FLOAT\"");
  BOOST_TEST(
      problem_after("\"FP32\"", "32")
      == "model.toml:6: inputs[0].datatype: expected one of BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 "
         "or BYTES, found 32");
}

BOOST_AUTO_TEST_CASE(a_datatype_that_torchscript_lacks_is_refused_with_the_reason) {
  for (std::string name : {"UINT16", "UINT32", "UINT64"}) {
    auto message = problem_after("FP32", name);
    BOOST_TEST(message.find("found \"" + name + "\" (TorchScript has no such tensor)") != std::string::npos, message);
  }
}

BOOST_AUTO_TEST_CASE(a_field_that_is_missing_is_named_with_its_section) {
  BOOST_TEST(problem_after("name = \"image\"\n", "") == "model.toml:4: inputs[0].name: missing; expected a name like \"image\"");
  BOOST_TEST(
      problem_after("shape = [-1, 10]\n", "")
      == "model.toml:9: outputs[0].shape: missing; expected a list of whole numbers like [-1, 64], where -1 is a free dimension");
}

BOOST_AUTO_TEST_CASE(a_tensor_name_must_be_printable_short_and_single) {
  for (const std::string& name : {std::string(), std::string("two words"), std::string("tab\\t"), std::string(129, 'x')})
    BOOST_TEST(problem_after("image", name)
               == "model.toml:5: inputs[0].name: expected 1 to 128 printable ASCII characters without blanks");
  BOOST_TEST(problem_with("[[outputs]]\nname = \"scores\"\ndatatype = \"FP32\"\nshape = [-1]\n")
             == "model.toml:14: outputs[1].name: expected each name once, found \"scores\" again");
}

BOOST_AUTO_TEST_CASE(a_shape_that_no_tensor_can_have_is_refused) {
  auto refused = [](const std::string& shape, const std::string& message) {
    BOOST_TEST(problem_after("[-1, 64]", shape) == "model.toml:7: inputs[0].shape: expected " + message);
  };
  refused("[-1, 0]", "dimensions of 1 or more, or -1 for a free one, found [-1, 0]");
  refused("[-1, -2]", "dimensions of 1 or more, or -1 for a free one, found [-1, -2]");
  refused("[-1, 1, 1, 1, 1, 1, 1, 1, 1]", "at most 8 dimensions, found 9");
  refused("[-1, 4294967296, 4294967296]", "a tensor of less than 2^63 bytes, found [-1, 4294967296, 4294967296]");
  refused("[-1, 2.5]", "a list of whole numbers like [-1, 64], where -1 is a free dimension, found a list of something else");
  refused("64", "a list of whole numbers like [-1, 64], where -1 is a free dimension, found 64");
}

BOOST_AUTO_TEST_CASE(a_batch_needs_a_free_first_dimension) {
  auto expected = "expected -1 as the first dimension, the batch, because max_batch is 8, found ";
  auto advice = "; a model without a batch has max_batch = 0";
  for (std::string shape : {"[64]", "[]", "[8, 64]"})
    BOOST_TEST(problem_after("[-1, 64]", shape) == "model.toml:7: inputs[0].shape: " + (expected + shape) + advice);
  BOOST_TEST(problem_after("[-1, 10]", "[10]") == "model.toml:12: outputs[0].shape: " + std::string(expected) + "[10]" + advice);
}

BOOST_AUTO_TEST_CASE(more_tensors_than_the_shared_memory_lists_are_refused) {
  std::string more;
  for (int i = 0; i < 32; ++i)
    more += "[[outputs]]\nname = \"o" + std::to_string(i) + "\"\ndatatype = \"FP32\"\nshape = [-1]\n";
  auto message = problem_with(more);
  BOOST_TEST(message.find(": outputs: expected 1 to 32 sections") != std::string::npos, message);
  BOOST_TEST(message.find("found 33") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(inputs_that_are_no_sections_are_refused) {
  auto message = problem_after("[[inputs]]", "[inputs]");
  BOOST_TEST(message.rfind("model.toml:4: inputs: expected sections [[inputs]], found a table", 0) == 0, message);
  message = problem_after("max_batch = 8", "inputs = [1]").substr(0, 60);
  BOOST_TEST(message.rfind("model.toml:", 0) == 0, message);
}

BOOST_AUTO_TEST_CASE(limits_need_a_unit_and_have_bounds) {
  auto refused = [](const std::string& line, const std::string& message) {
    BOOST_TEST(problem_with("[limits]\n" + line) == "model.toml:14: limits." + message);
  };
  refused("memory = \"lots\"", "memory: expected a size like \"256MiB\" from 1 MiB to 1 TiB, found \"lots\"");
  refused("memory = -1", "memory: expected a size like \"256MiB\" from 1 MiB to 1 TiB, found -1");
  refused("memory = \"2TiB\"", "memory: expected a size like \"256MiB\" from 1 MiB to 1 TiB, found \"2TiB\"");
  refused("batch_timeout = 1", "batch_timeout: expected a duration like \"250ms\", \"1s\" or \"5m\" from 1 ms to 1h, found 1");
  refused("load_timeout = \"2h\"",
          "load_timeout: expected a duration like \"250ms\", \"1s\" or \"5m\" from 1 ms to 1h, found \"2h\"");
  refused("queue_rows = 7", "queue_rows: expected at least max_batch, which is 8, found 7");
  refused("input_bytes = \"2GiB\"", "input_bytes: expected a size like \"256MiB\" from 4 KiB to 1 GiB, found \"2GiB\"");
}

BOOST_AUTO_TEST_CASE(a_row_must_fit_the_shared_memory) {
  BOOST_TEST(
      problem_after("[-1, 64]", "[-1, 64, 1048576]")
      == "model.toml:1: limits.input_bytes: expected room for one row at least, which the shapes make larger than the limit of "
         "64 MiB; raise it (at most 1 GiB) or make the shapes smaller");
  auto message = problem_with("[limits]\noutput_bytes = 4096\n[[inputs]]\nname = \"b\"\ndatatype = \"INT8\"\nshape = [-1]\n");
  BOOST_TEST(message == "");
  message = problem_after("[-1, 10]\n", "[-1, 1025]\n[limits]\noutput_bytes = 4096\n");
  BOOST_TEST(message.rfind("model.toml:14: limits.output_bytes: expected room for one row", 0) == 0, message);
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once_in_the_order_of_their_lines) {
  auto parsed = parse_model_toml("thread = 1\n[[outputs]]\nname = \"y\"\ndatatype = \"F\"\nshape = [0]\n[[inputs]]\n", "m.toml");
  BOOST_REQUIRE(!parsed);
  std::string lines;
  std::string message = parsed.failure().message;
  for (std::size_t at = message.find("m.toml:"); at != std::string::npos; at = message.find("m.toml:", at + 1))
    lines += message[at + 7];
  BOOST_TEST(lines == "145666");
}

BOOST_AUTO_TEST_CASE(control_characters_of_a_file_do_not_reach_the_message) {
  auto message = problem_after("= 8", "= \"\\u001b[2J\"");
  BOOST_TEST(message.find("found \"?[2J\"") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(a_right_file_gives_its_spec) {
  auto parsed = parse_model_toml("replicas = 3\n" + good + R"(
[limits]
memory = "1GiB"
batch_timeout = "250ms"
load_timeout = "2m"
queue_rows = 100
input_bytes = 65536
output_bytes = "8KiB"
)",
                                 "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST((parsed->inputs == std::vector<tensor_spec>{{"image", datatype::fp32, {-1, 64}}}));
  BOOST_TEST((parsed->outputs == std::vector<tensor_spec>{{"scores", datatype::fp32, {-1, 10}}}));
  BOOST_TEST(parsed->max_batch == 8);
  BOOST_TEST(parsed->threads == 2);
  BOOST_TEST(parsed->replicas == 3);
  BOOST_TEST(parsed->memory_bytes == 1ULL << 30);
  BOOST_TEST((parsed->batch_timeout == 250ms));
  BOOST_TEST((parsed->load_timeout == 2min));
  BOOST_TEST(parsed->queue_rows_max == 100);
  BOOST_TEST(parsed->input_bytes_max == 65536);
  BOOST_TEST(parsed->output_bytes_max == 8192);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_its_default) {
  auto parsed = parse_model_toml(
      "[[inputs]]\nname='x'\ndatatype='INT64'\nshape=[]\n[[outputs]]\nname='x'\ndatatype='BOOL'\nshape=[-1, 3]", "model.toml");
  BOOST_REQUIRE(parsed.ok());
  model_spec defaults;
  BOOST_TEST(parsed->max_batch == 0);
  BOOST_TEST(parsed->memory_bytes == defaults.memory_bytes);
  BOOST_TEST((parsed->batch_timeout == defaults.batch_timeout));
  BOOST_TEST(parsed->queue_rows_max == defaults.queue_rows_max);
}

// -- batching and queue -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(wishes_for_batches_that_contradict_max_batch_are_refused) {
  auto refused = [](const std::string& line, const std::string& message) {
    BOOST_TEST(problem_with("[batching]\n" + line) == "model.toml:14: batching." + message);
  };
  auto sizes = "preferred_batch: expected a whole number from 1 to 8, or a list of at most 16 such, found ";
  refused("preferred_batch = 9", sizes + std::string("9"));
  refused("preferred_batch = 0", sizes + std::string("0"));
  refused("preferred_batch = \"4\"", sizes + std::string("\"4\""));
  for (auto list : {"[4, 9]", "[4, \"x\"]", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"})
    BOOST_TEST(problem_with(std::string("[batching]\npreferred_batch = ") + list)
                       .rfind("model.toml:14: batching." + std::string(sizes), 0)
                   == 0,
               list);
  refused("max_delay = \"2s\"", "max_delay: expected a duration like \"250ms\", \"1s\" or \"5m\" from 0 s to 1 s, found \"2s\"");
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_has_no_wishes_for_them) {
  auto parsed =
      parse_model_toml("[[inputs]]\nname='x'\ndatatype='INT64'\nshape=[]\n[[outputs]]\nname='x'\ndatatype='BOOL'\nshape=[]\n"
                       "[batching]\npreferred_batch = 1\nmax_delay = \"1ms\"\n",
                       "m.toml");
  BOOST_REQUIRE(!parsed);
  auto why = ": expected none, because max_batch is 0: each request is a call of its own";
  BOOST_TEST(parsed.failure().message
             == "m.toml:10: batching.preferred_batch" + std::string(why) + "\nm.toml:11: batching.max_delay" + why);
}

BOOST_AUTO_TEST_CASE(the_size_of_the_whole_queue_has_one_place) {
  BOOST_TEST(problem_with("[queue]\nrows = 9")
             == "model.toml:14: queue.rows: the size of the whole queue is limits.queue_rows; only [[queue.priority]] has rows "
                "of its own");
}

BOOST_AUTO_TEST_CASE(timeouts_of_the_queue_are_checked) {
  auto refused = [](const std::string& lines, const std::string& message) {
    BOOST_TEST(problem_with("[queue]\n" + lines) == "model.toml:" + message);
  };
  refused("timeout_action = \"drop\"", "14: queue.timeout_action: expected \"reject\" or \"delay\", found \"drop\"");
  refused("timeout_action = \"delay\"\nallow_timeout_override = false",
          "14: queue.timeout_action: expected a default_timeout with it, because allow_timeout_override is false: nothing ever "
          "times out");
  refused("default_timeout = 5",
          "14: queue.default_timeout: expected a duration like \"250ms\", \"1s\" or \"5m\" from 0 s to 1h, found 5");
  refused("default_timeout = \"2ms\"\n[batching]\nmax_delay = \"2ms\"",
          "14: queue.default_timeout: expected more than batching.max_delay, which is 2 ms, found 2 ms");
  refused("default_level = 2", "14: queue.default_level: expected a whole number from 1 to 1, found 2");
}

BOOST_AUTO_TEST_CASE(priority_levels_are_1_to_n_each_once) {
  auto refused = [](const std::string& lines, const std::string& message) {
    BOOST_TEST(problem_with(lines) == "model.toml:" + message);
  };
  refused("[[queue.priority]]\nlevel = 2", "14: queue.priority[0].level: expected a whole number from 1 to 1, found 2");
  refused("[[queue.priority]]\nlevel = 1\n[[queue.priority]]\nlevel = 1",
          "16: queue.priority[1].level: expected each level once, found 1 again");
  refused("[[queue.priority]]\nrows = 8", "13: queue.priority[0].level: missing; expected a whole number from 1, the highest, to "
                                          "1, the number of [[queue.priority]] sections");
  refused("[[queue.priority]]\nlevel = 1\nrows = 7",
          "15: queue.priority[0].rows: expected a whole number from 8 to 4096, found 7");
  refused("[[queue.priority]]\nlevel = 1\nrow = 8", "15: queue.priority[0]: unknown key 'row'; did you mean 'rows'?");
  std::string many;
  for (int i = 1; i <= 17; ++i)
    many += "[[queue.priority]]\nlevel = " + std::to_string(i) + "\n";
  refused(many, "13: queue.priority: expected at most 16 levels, found 17");
}

BOOST_AUTO_TEST_CASE(batching_and_queue_give_their_part_of_the_spec) {
  auto parsed = parse_model_toml(good + R"(
[batching]
preferred_batch = [8, 4]
max_delay = "2ms"
[queue]
default_timeout = "50ms"
timeout_action = "delay"
default_level = 1
[[queue.priority]]
level = 2
default_timeout = "0ms"
[[queue.priority]]
level = 1
rows = 100
timeout_action = "reject"
allow_timeout_override = false
)",
                                 "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->batching.preferred == (std::vector<std::uint32_t>{4, 8}), boost::test_tools::per_element());
  BOOST_TEST((parsed->batching.max_delay == 2ms));
  BOOST_TEST(parsed->default_priority == 1U);
  BOOST_REQUIRE(parsed->queue_levels.size() == 2U);
  const auto& high = parsed->queue_levels[0];
  BOOST_TEST(high.rows_max == 100U);
  BOOST_TEST((high.timeout == 50ms));
  BOOST_TEST((high.on_timeout == timeout_action::reject));
  BOOST_TEST(!high.may_override);
  const auto& low = parsed->queue_levels[1];
  BOOST_TEST(low.rows_max == 0U);
  BOOST_TEST((low.timeout == 0ms));
  BOOST_TEST((low.on_timeout == timeout_action::delay));
  BOOST_TEST(low.may_override);
}

BOOST_AUTO_TEST_CASE(without_batching_and_queue_nothing_waits_and_there_is_one_level) {
  auto parsed = parse_model_toml(good, "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->batching.preferred.empty());
  BOOST_TEST((parsed->batching.max_delay == 0ms));
  BOOST_TEST(parsed->queue_levels.size() == 1U);
  BOOST_TEST((parsed->queue_levels[0].timeout == 0ms));
  BOOST_TEST(parsed->default_priority == 1U);
}

BOOST_AUTO_TEST_CASE(a_cache_is_opt_in_and_has_a_bound) {
  BOOST_TEST(problem_with("[cache]\nbytes = \"1TiB\"")
             == "model.toml:14: cache.bytes: expected a size like \"256MiB\" from 0 B to 64 GiB, found \"1TiB\"");
  BOOST_TEST(problem_with("[cache]\nsize = 1") == "model.toml:14: cache: unknown key 'size'; known are bytes");
  BOOST_TEST(parse_model_toml(good, "model.toml")->cache_bytes == 0U);
  auto parsed = parse_model_toml(good + "[cache]\nbytes = \"64MiB\"\n", "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->cache_bytes == 64U << 20);
}

BOOST_AUTO_TEST_CASE(what_lets_requests_overtake_each_other_contradicts_an_order) {
  auto refused = [](const std::string& lines, const std::string& message) {
    BOOST_TEST(problem_with("[batching]\npreserve_order = true\n" + lines) == "model.toml:" + message);
  };
  refused("[[queue.priority]]\nlevel = 1\n[[queue.priority]]\nlevel = 2\n",
          "15: queue.priority: expected one level at most, because batching.preserve_order is true");
  refused("[queue]\ntimeout_action = \"delay\"\n",
          "16: queue.timeout_action: expected \"reject\", because batching.preserve_order is true");
  refused("[cache]\nbytes = 4096\n",
          "16: cache.bytes: expected 0, because batching.preserve_order is true: a kept answer would overtake others");
  BOOST_TEST(parse_model_toml(good + "[batching]\npreserve_order = true\n", "model.toml")->batching.preserve_order);
}

BOOST_AUTO_TEST_CASE(a_model_may_ask_for_labels_of_its_node) {
  BOOST_TEST(parse_model_toml(good, "model.toml")->on.empty());
  auto parsed = parse_model_toml(good + "[placement]\non = \"zone=a, disk=ssd\"\n", "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST((parsed->on == label_map{{"zone", "a"}, {"disk", "ssd"}}));
}

BOOST_AUTO_TEST_CASE(labels_that_are_none_are_refused) {
  auto parsed = parse_model_toml(good + "[placement]\non = \"zone\"\n", "model.toml");
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST(parsed.failure().message == "model.toml:14: placement.on: expected labels like \"zone=a, rack=3\", found \"zone\"");
}

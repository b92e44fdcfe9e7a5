#define BOOST_TEST_MODULE host
#include "tests/host/raw_node.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

using namespace troupe;
using namespace troupe::test;

namespace {

raw_template& shared_template() {
  static raw_template instance;
  return instance;
}

/// A loaded version with one replica that is up.
struct served {
  served(const std::string& name, const model_spec& spec, replica_options options = {})
    : version(shared_template().load(model_path(name), spec)) {
    BOOST_REQUIRE_EQUAL(version.await_ready(), "");
    replica = std::make_unique<raw_replica>(version.fork(options));
    auto first = replica->await();
    BOOST_REQUIRE_EQUAL(first.text, "");
    BOOST_REQUIRE_EQUAL(first.page.status, static_cast<std::uint32_t>(done_status::ready));
    BOOST_REQUIRE_EQUAL(first.page.sequence, 0U);
  }

  raw_version version;
  std::unique_ptr<raw_replica> replica;
};

void check_status(const reply& answer, done_status expected) {
  BOOST_TEST(answer.page.status == static_cast<std::uint32_t>(expected), answer.text);
}

/// Loading must fail; the answer is "stage: reason".
std::string failed_load(const std::string& name, const model_spec& spec) {
  auto version = shared_template().load(model_path(name), spec);
  auto outcome = version.await_ready();
  BOOST_TEST(version.process.end() == "exit:5");
  return outcome;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_model_is_refused_with_libtorchs_reason) {
  BOOST_TEST(contains(failed_load("garbage", row_spec(4, 16)), "load: PytorchStreamReader failed"));
  BOOST_TEST(contains(failed_load("truncated", row_spec(4, 16)), "load: PytorchStreamReader failed"));
}

BOOST_AUTO_TEST_CASE(a_model_that_takes_other_inputs_than_it_declares_is_refused) {
  BOOST_TEST(failed_load("two_inputs", row_spec(4, 16)) == "signature: forward() takes 2 inputs, model.toml lists 1");
}

BOOST_AUTO_TEST_CASE(a_model_that_gives_other_outputs_than_it_declares_is_refused) {
  auto spec = row_spec(4, 16);
  BOOST_TEST(contains(failed_load("wrong_output_shape", spec), "output 'y': expected shape [-1, 4], found [1, 3]"));
  BOOST_TEST(contains(failed_load("wrong_output_datatype", spec), "output 'y': expected datatype FP32, found FP64"));
  BOOST_TEST(contains(failed_load("wrong_output_rows", spec), "output 'y': expected 1 rows, found 0"));
  spec.outputs.push_back({"z", datatype::fp32, {-1, 4}});
  BOOST_TEST(contains(failed_load("wrong_output_count", spec), "expected 2 outputs, found 1"));
}

BOOST_AUTO_TEST_CASE(a_model_that_rejects_its_declared_shape_is_refused) {
  auto spec = row_spec(4, 16);
  spec.inputs[0].dims = {-1, 5};
  auto outcome = failed_load("wrong_input_shape", spec);
  BOOST_TEST(contains(outcome, "warm: called with zeros, the model failed: RuntimeError: mat1 and mat2"));
  BOOST_TEST(!contains(outcome, "frame #"));
}

BOOST_AUTO_TEST_CASE(a_model_that_needs_more_memory_than_it_declares_is_refused) {
  auto spec = row_spec(784, 64);
  spec.outputs[0].dims = {-1, 10};
  spec.max_batch = 4096; // 12 MB of zeros
  spec.memory_bytes = 1 << 20;
  BOOST_TEST(
      contains(failed_load("mlp", spec),
               "warm: called with zeros, the model failed: the model needs more memory than its version allows; raise 'memory'"));
}

BOOST_AUTO_TEST_CASE(a_node_of_another_build_is_refused) {
  BOOST_TEST(contains(shared_template().send_nonsense(), "of different builds"));
}

BOOST_AUTO_TEST_CASE(every_bit_of_a_float_passes_unchanged) {
  served model("identity_fp32", row_spec(1, 64));
  const float special[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(), -0.0F, std::numeric_limits<float>::denorm_min()};
  for (float value : special) {
    auto answer = model.replica->run(1, {fp32({1, 1}, {value})});
    check_status(answer, done_status::outputs);
    BOOST_REQUIRE_EQUAL(answer.outputs.size(), 1U);
    BOOST_REQUIRE_EQUAL(answer.outputs[0].size(), sizeof value);
    BOOST_TEST(std::memcmp(answer.outputs[0].data(), &value, sizeof value) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_keeps_the_order_of_its_rows) {
  served model("identity_fp32", row_spec(1, 64));
  std::vector<float> rows = {1, 2, 3, 4, 5, 6, 7, 8};
  auto answer = model.replica->run(8, {fp32({8, 1}, rows)});
  check_status(answer, done_status::outputs);
  BOOST_TEST(as<float>(answer.outputs.at(0)) == rows);
  BOOST_TEST(answer.page.outputs[0].rank == 2);
  BOOST_TEST(answer.page.outputs[0].dims[0] == 8);
}

BOOST_AUTO_TEST_CASE(sequences_take_turns_between_two_output_areas) {
  served model("identity_fp32", row_spec(1, 64));
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    auto answer = model.replica->run(1, {fp32({1, 1}, {1})});
    BOOST_TEST(answer.page.sequence == sequence);
    BOOST_TEST(answer.page.outputs[0].offset == outputs_offset(model.replica->options.geometry, sequence));
  }
}

BOOST_AUTO_TEST_CASE(several_inputs_and_outputs_keep_their_order) {
  auto spec = row_spec(4, 16);
  spec.inputs.push_back({"b", datatype::fp32, {-1, 4}});
  spec.outputs.push_back({"z", datatype::fp32, {-1, 4}});
  served model("two_inputs", spec);
  auto answer = model.replica->run(1, {fp32({1, 4}, {5, 6, 7, 8}), fp32({1, 4}, {1, 2, 3, 4})});
  check_status(answer, done_status::outputs);
  BOOST_TEST(as<float>(answer.outputs.at(0)) == (std::vector<float>{6, 8, 10, 12}));
  BOOST_TEST(as<float>(answer.outputs.at(1)) == (std::vector<float>{4, 4, 4, 4}));
  BOOST_TEST(answer.page.outputs[1].offset % tensor_alignment == 0);
}

BOOST_AUTO_TEST_CASE(a_dictionarys_outputs_go_by_name) {
  auto spec = row_spec(4, 16);
  spec.outputs = {{"doubled", datatype::fp32, {-1, 4}}, {"sum", datatype::fp32, {-1, 1}}};
  served model("dict_output", spec);
  auto answer = model.replica->run(1, {fp32({1, 4}, {1, 2, 3, 4})});
  check_status(answer, done_status::outputs);
  BOOST_TEST(as<float>(answer.outputs.at(0)) == (std::vector<float>{2, 4, 6, 8}));
  BOOST_TEST(as<float>(answer.outputs.at(1)) == std::vector<float>{10});
}

BOOST_AUTO_TEST_CASE(every_datatype_passes_unchanged) {
  model_spec spec;
  spec.max_batch = 8;
  std::vector<raw_input> inputs;
  for (auto type : {datatype::boolean, datatype::uint8, datatype::int8, datatype::int16, datatype::int32, datatype::int64,
                    datatype::fp16, datatype::bf16, datatype::fp32, datatype::fp64}) {
    std::string name(to_string(type));
    spec.inputs.push_back({"in_" + name, type, {-1, 3}});
    spec.outputs.push_back({"out_" + name, type, {-1, 3}});
    inputs.push_back({type, {1, 3}, std::vector<std::byte>(3 * element_size(type), std::byte{1})});
  }
  served model("types", spec);
  auto answer = model.replica->run(1, inputs);
  check_status(answer, done_status::outputs);
  BOOST_REQUIRE_EQUAL(answer.outputs.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    BOOST_TEST((answer.outputs[i] == inputs[i].bytes), spec.outputs[i].name);
}

namespace {

model_spec text_sums() {
  model_spec spec;
  spec.max_batch = 8;
  spec.inputs = {{"a", datatype::bytes, {-1, 2}}, {"b", datatype::bytes, {-1, 2}}};
  spec.outputs = {{"sum", datatype::bytes, {-1, 2}}, {"difference", datatype::bytes, {-1, 2}}};
  return spec;
}

} // namespace

BOOST_AUTO_TEST_CASE(texts_come_as_flat_lists_and_go_back_in_the_shape_of_the_spec) {
  served model("text_sums", text_sums());
  auto answer = model.replica->run(2, {{datatype::bytes, {2, 2}, byte_strings_of({"1", "2", "3", "40"})},
                                       {datatype::bytes, {2, 2}, byte_strings_of({"1", "1", "-1", "2"})}});
  check_status(answer, done_status::outputs);
  BOOST_TEST((answer.outputs.at(0) == byte_strings_of({"2", "3", "2", "42"})));
  BOOST_TEST((answer.outputs.at(1) == byte_strings_of({"0", "1", "4", "38"})));
  BOOST_TEST(answer.page.outputs[1].dims[0] == 2);
  BOOST_TEST(answer.page.outputs[1].dims[1] == 2);
  BOOST_TEST(answer.page.outputs[1].offset % tensor_alignment == 0);
}

BOOST_AUTO_TEST_CASE(texts_of_any_bytes_and_number_pass_unchanged) {
  model_spec spec;
  spec.inputs = {{"x", datatype::bytes, {-1}}};
  spec.outputs = {{"y", datatype::bytes, {-1}}};
  served model("echo_texts", spec);
  const std::string_view binary("\0\xff", 2);
  for (const auto& texts : {byte_strings_of({binary, "", std::string(5000, 'x')}), byte_strings_of({})}) {
    auto count = static_cast<std::int64_t>(texts.empty() ? 0 : 3);
    auto answer = model.replica->run(0, {{datatype::bytes, {count}, texts}});
    check_status(answer, done_status::outputs);
    BOOST_TEST((answer.outputs.at(0) == texts));
    BOOST_TEST(answer.page.outputs[0].dims[0] == count);
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_gives_another_number_of_texts_is_told) {
  auto spec = text_sums();
  spec.inputs.pop_back();
  spec.outputs.pop_back();
  served model("wrong_text_count", spec);
  auto answer = model.replica->run(1, {{datatype::bytes, {1, 2}, byte_strings_of({"a", "b"})}});
  check_status(answer, done_status::failed);
  BOOST_TEST(answer.text == "output 'sum': expected strings for the shape [-1, 2] and 1 rows, found 1 of them");
}

BOOST_AUTO_TEST_CASE(texts_and_tensors_are_not_taken_for_each_other) {
  auto spec = row_spec(4, 16);
  spec.inputs[0].type = datatype::bytes;
  BOOST_TEST(failed_load("types", spec).find("model.toml lists 1") != std::string::npos);
  BOOST_TEST(
      failed_load("no_batch", spec)
      == "signature: input 1 of forward(), 'x', is of type Tensor; expected List[str], since model.toml says BYTES (BYTES are "
         "a List[str], all others tensors)");
  BOOST_TEST(
      failed_load("echo_texts", row_spec(4, 16))
      == "signature: input 1 of forward(), 'x', is of type List[str]; expected Tensor, since model.toml says FP32 (BYTES are "
         "a List[str], all others tensors)");
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_gets_its_input_as_it_is) {
  model_spec spec = row_spec(-1, 0);
  served model("no_batch", spec);
  auto answer = model.replica->run(0, {fp32({2, 3}, {1, 2, 3, 4, 5, 6})});
  check_status(answer, done_status::outputs);
  BOOST_TEST(as<float>(answer.outputs.at(0)) == (std::vector<float>{1, 4, 2, 5, 3, 6})); // a transposed view, made contiguous
  BOOST_TEST(answer.page.outputs[0].dims[0] == 3);
}

BOOST_AUTO_TEST_CASE(a_free_dimension_may_change_from_call_to_call) {
  auto spec = row_spec(-1, 16);
  spec.outputs[0].dims = {-1, 1};
  served model("free_dims", spec);
  for (std::int64_t columns : {1, 7, 100}) {
    auto answer = model.replica->run(2, {fp32({2, columns}, std::vector<float>(static_cast<std::size_t>(2 * columns), 1))});
    check_status(answer, done_status::outputs);
    BOOST_TEST(as<float>(answer.outputs.at(0)) == std::vector<float>(2, static_cast<float>(columns)));
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_raises_answers_with_its_own_words_and_goes_on) {
  served model("raise_on_magic", row_spec(4, 16));
  auto answer = model.replica->run(1, {fp32({1, 4}, {666, 0, 0, 0})});
  check_status(answer, done_status::failed);
  BOOST_TEST(answer.text == "builtins.ValueError: the input is magic");
  check_status(model.replica->run(1, {fp32({1, 4}, {1, 0, 0, 0})}), done_status::outputs);
}

BOOST_AUTO_TEST_CASE(outputs_that_do_not_fit_are_refused_before_a_byte_is_written) {
  auto spec = row_spec(4096, 64);
  replica_options options;
  options.geometry = {1 << 20, 4096};
  served model("identity_fp32", spec, options);
  auto answer = model.replica->run(2, {fp32({2, 4096}, std::vector<float>(2 * 4096, 1))});
  check_status(answer, done_status::exhausted);
  BOOST_TEST(contains(answer.text, "4096 bytes"));
}

BOOST_AUTO_TEST_CASE(replicas_compute_with_as_many_threads_as_declared) {
  auto spec = row_spec(784, 64);
  spec.outputs[0].dims = {-1, 10};
  spec.threads = 2;
  replica_options options;
  options.geometry = {1 << 20, 1 << 20};
  served model("mlp", spec, options);
  std::vector<float> rows(64 * 784, 0.5F);
  for (int call = 0; call < 20; ++call)
    check_status(model.replica->run(64, {fp32({64, 784}, rows)}), done_status::outputs);
  BOOST_TEST(thread_count_of(model.replica->process.pid()) >= 2); // libtorch has idle ones for other kinds of operators
  BOOST_TEST(thread_count_of(model.version.process.pid()) == 1);
}

BOOST_AUTO_TEST_CASE(threads_do_not_count_against_a_models_memory) {
  auto spec = row_spec(784, 64);
  spec.outputs[0].dims = {-1, 10};
  spec.threads = 4;
  spec.memory_bytes = 4 << 20; // less than one thread's stack
  replica_options options;
  options.geometry = {1 << 20, 1 << 20};
  served model("mlp", spec, options);
  auto threads = thread_count_of(model.replica->process.pid());
  for (std::uint32_t rows : {1U, 2U, 16U, 64U}) {
    std::vector<float> elements(rows * 784, 0.5F);
    check_status(model.replica->run(rows, {fp32({rows, 784}, elements)}), done_status::outputs);
  }
  BOOST_TEST(thread_count_of(model.replica->process.pid()) == threads); // all were there from the start
}

BOOST_AUTO_TEST_CASE(an_idle_replica_gives_the_memory_of_past_batches_back) {
  constexpr std::uint32_t rows = 100'000;
  constexpr std::int64_t kept_kb_max = 1024; // one output of such a batch has 1,600
  auto spec = row_spec(4, rows);
  spec.outputs = {{"doubled", datatype::fp32, {-1, 4}}, {"sum", datatype::fp32, {-1, 1}}};
  replica_options options;
  options.geometry = {2 << 20, 4 << 20};
  served model("dict_output", spec, options);
  auto before = private_memory_kb(model.replica->process.pid());
  for (int call = 0; call < 4; ++call)
    check_status(model.replica->run(rows, {fp32({rows, 4}, std::vector<float>(4 * rows, 1))}), done_status::outputs);
  auto kept = [&] { return private_memory_kb(model.replica->process.pid()) - before; };
  BOOST_TEST(kept() > kept_kb_max); // or there would be nothing to see
  BOOST_TEST(eventually([&] { return kept() < kept_kb_max; }));
}

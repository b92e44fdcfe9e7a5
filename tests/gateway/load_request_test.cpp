#define BOOST_TEST_MODULE load_request
#include "runtime/base/model_toml.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/gateway/load_request.hpp"
#include "runtime/gateway/model_config.hpp"
#include "runtime/gateway/model_config_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace troupe;

namespace {

constexpr const char* small_config = R"({"name":"digits","platform":"pytorch_libtorch","max_batch_size":8,
  "input":[{"name":"image","data_type":"TYPE_FP32","dims":["64"]}],
  "output":[{"name":"scores","data_type":"TYPE_FP64","dims":[10]}],
  "instance_group":[{"count":3}],
  "dynamic_batching":{"preferred_batch_size":[4,8],"max_queue_delay_microseconds":"1500"}})";

std::string body_of(const nlohmann::json& parameters) {
  return nlohmann::json{{"parameters", parameters}}.dump();
}

std::string refusal_of(const std::string& body) {
  auto read = read_load_request(body);
  return read ? "" : read.failure().message;
}

std::string config_refusal(const std::string& config) {
  auto read = model_toml_from_config(config);
  return read ? "" : read.failure().message;
}

/// What is wrong with a configuration that has these fields, too.
std::string config_with(const std::string& fields) {
  return config_refusal(R"({"input":[],"output":[],)" + fields + "}");
}

model_spec spec_with(const std::string& fields) {
  auto toml = model_toml_from_config(
      R"({"max_batch_size":8,"input":[{"name":"x","data_type":"TYPE_STRING","dims":[1]}],
          "output":[{"name":"y","data_type":"TYPE_FP32","dims":[1]}],)"
      + fields + "}");
  BOOST_REQUIRE(toml.ok());
  auto spec = parse_model_toml(*toml, "model.toml");
  BOOST_REQUIRE_MESSAGE(spec.ok(), *toml + (spec ? "" : spec.failure().message));
  return *spec;
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_asked_for_by_an_empty_body_or_no_parameters) {
  for (auto body : {"", "{}", R"({"parameters":{}})"}) {
    auto read = read_load_request(body);
    BOOST_REQUIRE(read.ok());
    BOOST_TEST(read->model_toml == "");
    BOOST_TEST((read->artifact == nullptr));
  }
}

BOOST_AUTO_TEST_CASE(a_configuration_asks_for_replicas_or_leaves_them_as_they_are) {
  BOOST_TEST(read_load_request(body_of({{"config", small_config}}))->replicas == 3U);
  for (auto config : {"{}", R"({"instance_group":[]})", R"({"instance_group":[{"kind":"KIND_CPU"}]})"})
    BOOST_TEST(read_load_request(body_of({{"config", config}}))->replicas == 0U, config);
}

BOOST_AUTO_TEST_CASE(a_file_is_decoded_and_hashed) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"YWJj", "abc"}, {"YWI=", "ab"}, {"YQ==", "a"}, {"AAAA", {0, 0, 0}}};
  for (const auto& [text, bytes] : files) {
    auto read = read_load_request(body_of({{"config", small_config}, {"file:1/model.pt", text}}));
    BOOST_REQUIRE_MESSAGE(read.ok(), text);
    BOOST_TEST(*read->artifact == bytes);
    BOOST_TEST(read->sha256 == sha256_of(bytes));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_parameters_is_told) {
  BOOST_TEST(refusal_of("[]") == "expected a JSON object as the body");
  BOOST_TEST(refusal_of("[").find("the body: not valid JSON at byte 2") == 0);
  BOOST_TEST(refusal_of(R"({"parameters":3})") == "parameters: expected an object");
  BOOST_TEST(refusal_of(body_of({{"model", "x"}}))
             == "parameters: unknown parameter 'model'; there are config and file:VERSION/NAME");
  BOOST_TEST(refusal_of(body_of({{"config", 3}})) == "parameters.config: expected the configuration's JSON as a text");
  BOOST_TEST(refusal_of(body_of({{"file:1/model.pt", "YWJj"}}))
             == "parameters.config: expected beside a file, which it says how to use");
  for (auto bad : {"", "YWJ", "YW=j", "====", "Y===", "YW J", "\xff\xff\xff\xff"})
    BOOST_TEST(refusal_of("{\"parameters\":{\"config\":\"{}\",\"file:1/m\":\"" + std::string(bad) + "\"}}") != "", bad);
  BOOST_TEST(refusal_of(body_of({{"config", small_config}, {"file:1/a", "YWJj"}, {"file:1/b", "YWJj"}}))
             == "parameters: one file makes a model, found a second one, 'file:1/b'");
}

BOOST_AUTO_TEST_CASE(what_would_take_many_times_its_own_size_in_memory_is_refused_unparsed) {
  const std::string deep(1'000'000, '[');
  BOOST_TEST(refusal_of(deep) == "the body: is nested deeper than 8 levels, which nothing in it needs");
  BOOST_TEST(config_refusal(deep) == "config: is nested deeper than 32 levels, which nothing in it needs");
  std::string wide = "{\"parameters\":[[]";
  for (int i = 0; i < 3'000'000; ++i)
    wide += ",[]";
  BOOST_TEST(refusal_of(wide + "]}") == "the body: holds too many values, at most about 16000000 numbers are taken");
}

BOOST_AUTO_TEST_CASE(a_configuration_becomes_a_model_toml) {
  auto toml = model_toml_from_config(small_config);
  BOOST_REQUIRE(toml.ok());
  auto spec = parse_model_toml(*toml, "model.toml");
  BOOST_REQUIRE_MESSAGE(spec.ok(), *toml);
  BOOST_TEST(spec->max_batch == 8U);
  BOOST_TEST(spec->replicas == 3U);
  BOOST_TEST((spec->batching.max_delay == std::chrono::microseconds(1500)));
  BOOST_TEST((spec->batching.preferred == std::vector<std::uint32_t>{4, 8}));
  BOOST_TEST((spec->inputs == std::vector<tensor_spec>{{"image", datatype::fp32, {-1, 64}}}));
  BOOST_TEST((spec->outputs == std::vector<tensor_spec>{{"scores", datatype::fp64, {-1, 10}}}));
}

BOOST_AUTO_TEST_CASE(without_a_batch_the_dimensions_are_all_there_are_and_names_are_quoted) {
  auto toml = model_toml_from_config(R"({"input":[{"name":"a\"\\\nb","data_type":"TYPE_INT64","dims":[2,-1]}],
                                         "output":[{"name":"y","data_type":"TYPE_BOOL","dims":[]}]})");
  BOOST_REQUIRE(toml.ok());
  BOOST_TEST(toml->find("name = \"a\\\"\\\\\\nb\"\ndatatype = \"INT64\"\nshape = [2, -1]") != std::string::npos, *toml);
  BOOST_TEST(toml->find("shape = []") != std::string::npos, *toml);
}

BOOST_AUTO_TEST_CASE(what_a_configuration_does_not_name_is_not_in_its_model_toml) {
  BOOST_TEST(model_toml_from_config("{}").value() == "");
  BOOST_TEST(model_toml_from_config(R"({"name":"digits","input":[],"max_batch_size":"16"})").value() == "max_batch = 16\n");
  BOOST_TEST(model_toml_from_config(R"({"instance_group":[{"count":2}]})").value() == "replicas = 2\n");
}

BOOST_AUTO_TEST_CASE(a_configuration_that_is_wrong_says_where) {
  BOOST_TEST(config_refusal("[]") == "config: expected a JSON object");
  BOOST_TEST(config_refusal("[").find("config: not valid JSON at byte 2") == 0);
  BOOST_TEST(config_refusal(R"({"input":{}})") == "config.input: expected a list");
  BOOST_TEST(config_refusal(R"({"input":[3]})") == "config.input[0]: expected an object");
  BOOST_TEST(config_refusal(R"({"input":[{"name":"x","data_type":"FP32","dims":[1]}]})")
             == "config.input[0].data_type: expected a datatype like TYPE_FP32");
  BOOST_TEST(config_refusal(R"({"input":[{"name":"x","data_type":"TYPE_FP32","dims":[1.5]}]})")
             == "config.input[0].dims: expected a whole number");
  BOOST_TEST(config_refusal(R"({"max_batch_size":"many"})") == "config.max_batch_size: expected a whole number");
  BOOST_TEST(config_refusal(R"({"instance_group":3})") == "config.instance_group: expected a list");
  BOOST_TEST(config_with(R"("dynamic_batching":3)") == "config.dynamic_batching: expected an object");
  BOOST_TEST(config_with(R"("dynamic_batching":{"default_queue_policy":{"timeout_action":"WAIT"}})")
             == "config.dynamic_batching.default_queue_policy.timeout_action: expected REJECT or DELAY");
  BOOST_TEST(config_with(R"("dynamic_batching":{"priority_levels":1,"priority_queue_policy":{"1":{"max_queue_size":"x"}}})")
             == "config.dynamic_batching.priority_queue_policy.1.max_queue_size: expected a whole number");
  BOOST_TEST(config_with(R"("dynamic_batching":{"preserve_ordering":1})")
             == "config.dynamic_batching.preserve_ordering: expected true or false");
}

BOOST_AUTO_TEST_CASE(what_would_change_how_the_model_runs_and_is_not_done_is_refused) {
  BOOST_TEST(config_with(R"("ensemble_scheduling":{"step":[]})") == "config.ensemble_scheduling: not supported; leave it out");
  BOOST_TEST(config_with(R"("sequence_batching":{})") == "config.sequence_batching: not supported; leave it out");
  BOOST_TEST(config_with(R"("model_transaction_policy":{"decoupled":true})")
             == "config.model_transaction_policy.decoupled: not supported; a request has one answer");
  BOOST_TEST(config_with(R"("instance_group":[{"kind":"KIND_GPU"}])")
             == "config.instance_group[0].kind: models run on CPUs here; write KIND_CPU");
  BOOST_TEST(config_refusal(R"({"input":[{"name":"x","data_type":"TYPE_FP32","dims":[1],"reshape":{"shape":[]}}]})")
             == "config.input[0].reshape: not supported; leave it out and let forward() do it");
  BOOST_TEST(config_with(R"("model_transaction_policy":{"decoupled":false},"parameters":{},"backend":"pytorch")") == "");
}

BOOST_AUTO_TEST_CASE(queues_priorities_and_the_cache_are_taken_over) {
  auto spec = spec_with(R"("response_cache":{"enable":true},"dynamic_batching":{"priority_levels":2,"default_priority_level":1,
    "default_queue_policy":{"timeout_action":"DELAY","default_timeout_microseconds":"5000","max_queue_size":3},
    "priority_queue_policy":{"2":{"default_timeout_microseconds":7000,"allow_timeout_override":true,"max_queue_size":100}}})");
  BOOST_TEST(spec.cache_bytes == 64U << 20);
  BOOST_TEST(spec.default_priority == 1U);
  BOOST_REQUIRE(spec.queue_levels.size() == 2U);
  const auto& first = spec.queue_levels[0];
  BOOST_TEST((first.timeout == std::chrono::microseconds(5000) && first.on_timeout == timeout_action::delay));
  BOOST_TEST(!first.may_override);
  BOOST_TEST(first.rows_max == 8U); // no less than a batch
  const auto& second = spec.queue_levels[1];
  BOOST_TEST((second.timeout == std::chrono::microseconds(7000)));
  BOOST_TEST(second.may_override);
  BOOST_TEST(second.rows_max == 100U);
}

BOOST_AUTO_TEST_CASE(without_priorities_the_queues_size_is_the_whole_one) {
  auto spec = spec_with(R"("dynamic_batching":{"preserve_ordering":true,"default_queue_policy":{"max_queue_size":50}})");
  BOOST_TEST(spec.queue_rows_max == 50U);
  BOOST_TEST(spec.batching.preserve_order);
  BOOST_TEST((spec.inputs[0].type == datatype::bytes));
  BOOST_TEST(spec.cache_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_configuration_says_of_batches_and_queues_is_said_again_the_same) {
  for (auto fields :
       {R"("dynamic_batching":{"preferred_batch_size":[2,4],"max_queue_delay_microseconds":300,"preserve_ordering":true,
           "default_queue_policy":{"max_queue_size":50,"default_timeout_microseconds":900,"allow_timeout_override":true}})",
        R"("dynamic_batching":{"priority_levels":3,"default_priority_level":2,"default_queue_policy":{"max_queue_size":9},
           "priority_queue_policy":{"2":{"timeout_action":1,"default_timeout_microseconds":70,"max_queue_size":10}}})",
        R"("dynamic_batching":{})"}) {
    auto first = batching_config(spec_with(fields));
    auto second = batching_config(spec_with("\"dynamic_batching\":" + first.dump()));
    BOOST_TEST(first.dump() == second.dump());
  }
}

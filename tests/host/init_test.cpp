#define BOOST_TEST_MODULE init
#include "runtime/base/model_folder.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/oip/golden_json.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cstring>

using namespace troupe;
using namespace troupe::test;

namespace {

/// `troupe init` with the real troupe-host.
struct init_fixture : command_line {
  int init(const std::string& model, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"init", TROUPE_MODELS "/" + model + "/model.pt", made, "--host-binary", TROUPE_HOST_PATH};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<const char*> arguments;
    for (const auto& word : words)
      arguments.push_back(word.c_str());
    return run(arguments);
  }

  std::string sample(const std::string& name, const shape& dims, const std::vector<float>& values) {
    named_tensor tensor{"", datatype::fp32, dims, std::vector<std::byte>(values.size() * sizeof(float))};
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
    auto path = (folder.path() / name).string();
    BOOST_REQUIRE(write_npy_file(path, tensor).ok());
    return path;
  }

  /// The spec that was written, and its golden cases.
  model_spec spec() {
    auto read = read_model_folder(made);
    BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message));
    return read->spec;
  }
  golden_set golden() {
    auto set = parse_golden(*read_text_file(made + "/golden.json", golden_bytes_max), "golden.json", spec());
    BOOST_REQUIRE_MESSAGE(set.ok(), (set.ok() ? "" : set.failure().message));
    return *set;
  }

  temporary_folder folder;
  std::string made = (folder.path() / "made").string();
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_model_that_can_not_be_loaded_or_may_not_run_leaves_no_folder, init_fixture) {
  BOOST_TEST(init("garbage") == 1);
  BOOST_TEST(contains(err, "error: the model can't be loaded as TorchScript: "));
  BOOST_TEST(init("crash_in_load") == 1);
  BOOST_TEST(err == "error: the model crashed the process that tried it (signal 11)\n");
  BOOST_TEST(init("writes_file") == 1);
  BOOST_TEST(contains(err, "error: the model would be refused: it calls aten::save in WritesFile.forward; "));
  BOOST_TEST(!std::filesystem::exists(made));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_fails_on_its_sample_is_quoted, init_fixture) {
  BOOST_TEST(init("raise_on_magic", {"--sample", sample("x.npy", {1, 4}, {666, 2, 3, 4})}) == 1);
  BOOST_TEST(contains(err, "error: the model failed on the sample: "), err);
  BOOST_TEST(contains(err, "the input is magic"), err);
}

BOOST_FIXTURE_TEST_CASE(a_model_that_hangs_on_its_sample_is_killed, init_fixture) {
  BOOST_TEST(init("loop_on_magic", {"--timeout", "5s", "--sample", sample("x.npy", {1, 4}, {666, 2, 3, 4})}) == 1);
  BOOST_TEST(contains(err, "not done within 5 s"), err);
}

BOOST_FIXTURE_TEST_CASE(without_a_sample_what_is_not_known_is_left_open_and_deploy_says_what, init_fixture) {
  BOOST_TEST(init("two_inputs") == 0);
  BOOST_TEST(contains(out, "wrote " + made + "/model.toml\nnext: fill in what stands as \"?\" in "));
  auto read = read_model_folder(made);
  BOOST_REQUIRE(!read.ok());
  for (auto field :
       {"max_batch: still to be", "inputs[0].datatype: still", "inputs[1].shape: still", "outputs[1].datatype: still"})
    BOOST_TEST(contains(read.failure().message, field), read.failure().message);
}

BOOST_FIXTURE_TEST_CASE(with_samples_the_folder_is_complete, init_fixture) {
  auto a = sample("a.npy", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  auto b = sample("b.npy", {2, 4}, {1, 1, 1, 1, 2, 2, 2, 2});
  BOOST_TEST(init("two_inputs", {"--sample", a, "--sample", "b=" + b}) == 0);
  BOOST_TEST(contains(out, "next: troupe deploy made " + made));
  BOOST_TEST(spec().max_batch == 64U);
  BOOST_TEST((spec().inputs == std::vector<tensor_spec>{{"a", datatype::fp32, {-1, 4}}, {"b", datatype::fp32, {-1, 4}}}));
  auto one = golden().cases.at(0);
  BOOST_TEST(one.rows == 2U);
  const std::vector<float> sums = {2, 3, 4, 5, 7, 8, 9, 10};
  BOOST_TEST(std::memcmp(one.outputs[0].data.data(), sums.data(), sums.size() * sizeof(float)) == 0);
}

BOOST_FIXTURE_TEST_CASE(outputs_of_a_dictionary_go_by_their_keys, init_fixture) {
  BOOST_TEST(init("dict_output", {"--sample", sample("x.npy", {1, 4}, {1, 2, 3, 4})}) == 0);
  BOOST_TEST(spec().outputs.size() == 2U);
  BOOST_TEST(spec().outputs[0].name == "sum");
}

BOOST_FIXTURE_TEST_CASE(a_model_without_a_batch_gets_the_samples_shapes, init_fixture) {
  BOOST_TEST(init("no_batch", {"--sample", sample("x.npy", {1, 4}, {1, 2, 3, 4})}) == 0);
  BOOST_TEST(spec().max_batch == 0U);
  BOOST_TEST((spec().outputs[0].dims == shape{4, 1}));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_overwritten_unless_forced, init_fixture) {
  BOOST_TEST(init("two_inputs") == 0);
  BOOST_TEST(init("mlp") == 2);
  BOOST_TEST(err == "error: '" + made + "/model.pt' is there already; name another folder, or overwrite it with --force\n");
  BOOST_TEST(init("mlp", {"--force", "-o", "json"}) == 0);
  BOOST_TEST(nlohmann::json::parse(out)["complete"] == false);
}

BOOST_FIXTURE_TEST_CASE(a_host_that_is_not_there_is_told_with_where_it_must_be, init_fixture) {
  auto model = std::string(TROUPE_MODELS "/mlp/model.pt");
  BOOST_TEST(run({"init", model.c_str(), made.c_str(), "--host-binary", "/nowhere/troupe-host"}) == 1);
  BOOST_TEST(contains(err, "can't start '/nowhere/troupe-host'"));
  BOOST_TEST(contains(err, "name it by --host-binary"));
  BOOST_TEST(run({"init", "/nowhere/net.pt", made.c_str()}) == 2);
  BOOST_TEST(contains(err, "no file '/nowhere/net.pt'"));
}

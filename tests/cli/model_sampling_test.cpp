#define BOOST_TEST_MODULE model_sampling
#include "runtime/cli/model_sampling.hpp"
#include "runtime/cli/npy.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

using tensors = std::vector<named_tensor>;

named_tensor tensor(const std::string& name, const shape& dims) {
  std::int64_t count = 1;
  for (auto dim : dims)
    count *= dim;
  return {name, datatype::uint8, dims, std::vector<std::byte>(static_cast<std::size_t>(count), std::byte{7})};
}

model_inspection taking(std::vector<inspected_argument> arguments) {
  model_inspection found;
  found.arguments = std::move(arguments);
  return found;
}

struct files {
  std::string save(const std::string& name, const shape& dims) const {
    auto path = (folder.path() / name).string();
    BOOST_REQUIRE(write_npy_file(path, tensor("", dims)).ok());
    return path;
  }
  test::temporary_folder folder;
};

const std::vector<starter_tensor> two = {{"image", {}, {}}, {"mask", {}, {}}};

} // namespace

BOOST_AUTO_TEST_CASE(a_model_that_takes_what_is_no_tensor_or_calls_what_it_may_not_is_refused) {
  auto number = inputs_of(taking({{"x", "Tensor", false}, {"n", "int", false}}));
  BOOST_REQUIRE(!number.ok());
  BOOST_TEST(
      number.failure().message
      == "forward() takes 'n' of type int; only tensors and List[str] can be served: give it a default value, or make it one "
         "of them");
  BOOST_TEST(!inputs_of(taking({})).ok());
  auto saves = taking({{"x", "Tensor", false}});
  saves.denied = {"it calls aten::save in Net.forward; don't"};
  BOOST_TEST(inputs_of(saves).failure().message == "the model would be refused: it calls aten::save in Net.forward; don't");
}

BOOST_AUTO_TEST_CASE(arguments_with_a_default_are_left_to_the_model) {
  auto inputs = inputs_of(taking({{"x", "Tensor", false}, {"n", "int", true}}));
  BOOST_REQUIRE(inputs.ok());
  BOOST_REQUIRE(inputs->size() == 1U);
  BOOST_TEST((*inputs)[0].name == "x");
}

BOOST_FIXTURE_TEST_CASE(samples_that_are_missing_or_too_many_are_named, files) {
  auto x = save("x.npy", {1, 2});
  BOOST_TEST(read_samples({x}, two).failure().message == "no --sample for 'mask'; the model takes 'image', 'mask'");
  BOOST_TEST(read_samples({x, x, x}, two).failure().message
             == "--sample " + x + " is one too many; the model takes 'image', 'mask'");
  BOOST_TEST(read_samples({"mask=" + x, "mask=" + x}, two).failure().message.find("is one too many") != std::string::npos);
  BOOST_TEST(!read_samples({x, x + ".not"}, two).ok());
}

BOOST_FIXTURE_TEST_CASE(samples_go_by_name_or_in_the_order_of_forward, files) {
  auto read = read_samples({"mask=" + save("m.npy", {3}), "image=" + save("i.npy", {1, 2})}, two);
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((*read)[0].name == "image");
  BOOST_TEST((*read)[0].dims == (shape{1, 2}), boost::test_tools::per_element());
  BOOST_TEST((*read)[1].dims == (shape{3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_model_that_gives_twice_as_many_rows_for_twice_as_many_has_a_batch) {
  auto sampled = sample_model({tensor("x", {2, 3})}, [](const tensors& inputs) -> result<tensors> {
    return tensors{tensor("y", {inputs[0].dims[0], 5})};
  });
  BOOST_REQUIRE(sampled.ok());
  BOOST_TEST(*sampled->model.max_batch == starter_batch);
  BOOST_TEST(*sampled->model.inputs[0].dims == (shape{-1, 3}), boost::test_tools::per_element());
  BOOST_TEST(*sampled->model.outputs[0].dims == (shape{-1, 5}), boost::test_tools::per_element());
  BOOST_TEST(sampled->golden.cases[0].rows == 2U);
}

BOOST_AUTO_TEST_CASE(a_model_that_takes_only_this_size_has_none) {
  auto sampled = sample_model({tensor("x", {2, 3})}, [](const tensors& inputs) -> result<tensors> {
    if (inputs[0].dims[0] != 2)
      return error{error_code::model_failed, "2 rows only"};
    return tensors{tensor("y", {2})};
  });
  BOOST_REQUIRE(sampled.ok());
  BOOST_TEST(*sampled->model.max_batch == 0U);
  BOOST_TEST(*sampled->model.inputs[0].dims == (shape{2, 3}), boost::test_tools::per_element());
  BOOST_TEST(sampled->golden.cases[0].rows == 0U);
}

BOOST_AUTO_TEST_CASE(a_model_whose_output_has_no_rows_has_no_batch) {
  auto sampled = sample_model({tensor("x", {2, 3})}, [](const tensors&) -> result<tensors> { return tensors{tensor("y", {})}; });
  BOOST_REQUIRE(sampled.ok());
  BOOST_TEST(*sampled->model.max_batch == 0U);
}

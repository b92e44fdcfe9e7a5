#define BOOST_TEST_MODULE random_inputs
#include "runtime/base/element.hpp"
#include "runtime/cli/random_inputs.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint64_t megabyte = 1 << 20;

model_signature batched(datatype type) {
  return {{{"x", type, {-1, 100}}}, true};
}

std::string refusal(const model_signature& model, const input_shapes& shapes = {}, std::uint64_t bytes_max = megabyte) {
  auto made = random_inputs(model, shapes, 1, bytes_max, rng(1));
  return made ? "" : made.failure().message;
}

} // namespace

BOOST_DATA_TEST_CASE(every_datatype_gets_small_numbers_in_its_whole_shape, data::xrange(0, 10), number) {
  auto type = static_cast<datatype>(number);
  auto made = random_inputs(batched(type), {}, 3, megabyte, rng(1));
  BOOST_REQUIRE(made.ok());
  const auto& input = made->front();
  BOOST_TEST((input.name == "x" && input.type == type && input.dims == shape{3, 100}));
  BOOST_TEST(input.data.size() == 300 * element_size(type));
  double sum = 0;
  double most = is_real(type) ? 1 : type == datatype::boolean ? 1 : 9;
  for (std::size_t at = 0; at < input.data.size(); at += element_size(type)) {
    auto element = input.data.data() + at;
    auto value = is_real(type) ? real_at(type, element) : static_cast<double>(integer_at(type, element));
    BOOST_TEST((value >= 0 && value <= most));
    sum += value;
  }
  BOOST_TEST(sum / 300 == most / 2, boost::test_tools::tolerance(0.2));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_data) {
  auto one = random_inputs(batched(datatype::fp32), {}, 1, megabyte, rng(1));
  auto two = random_inputs(batched(datatype::fp32), {}, 1, megabyte, rng(1));
  BOOST_TEST((one->front().data == two->front().data));
}

BOOST_AUTO_TEST_CASE(free_dimensions_are_asked_for_with_the_option_that_gives_them) {
  model_signature model{{{"tokens", datatype::int64, {-1, -1, 8}}}, true};
  BOOST_TEST(refusal(model) == "input 'tokens' has the shape [-1, -1, 8] with free dimensions; write --shape tokens=1,1,8");
  auto made = random_inputs(model, {{"tokens", {2, 16, 8}}}, 1, megabyte, rng(1));
  BOOST_REQUIRE(made.ok());
  BOOST_TEST((made->front().dims == shape{2, 16, 8}));
}

BOOST_AUTO_TEST_CASE(a_model_that_does_not_batch_has_no_rows) {
  BOOST_TEST(refusal({{{"x", datatype::fp32, {-1}}}, false})
             == "input 'x' has the shape [-1] with free dimensions; write --shape x=1");
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_fit_the_model_are_refused) {
  BOOST_TEST(refusal(batched(datatype::fp32), {{"x", {1, 99}}}) == "--shape: input 'x': expected shape [-1, 100], found [1, 99]");
  BOOST_TEST(refusal(batched(datatype::fp32), {{"y", {1}}}) == "--shape y: the model has no such input");
}

BOOST_AUTO_TEST_CASE(what_is_larger_than_the_node_takes_is_refused_before_it_is_made) {
  model_signature model{{{"x", datatype::fp64, {-1, -1}}}, true};
  BOOST_TEST(refusal(model, {{"x", {1LL << 30, 1 << 20}}})
             == "input 'x' of shape [1073741824, 1048576] is larger than the node takes in a request (1 MiB)");
}

BOOST_AUTO_TEST_CASE(shapes_are_read_by_name) {
  auto shapes = parse_shapes({"x=1,784", "a=b=3"});
  BOOST_TEST(!shapes.ok());
  BOOST_TEST((*parse_shapes({"x=1,784", "y=0"}) == input_shapes{{"x", {1, 784}}, {"y", {0}}}));
}

BOOST_DATA_TEST_CASE(a_shape_that_is_none_is_refused_with_how_to_write_one,
                     data::make({"x", "=1", "x=", "x=-1", "x=1,", "x=1x", "x=1,2,3,4,5,6,7,8,9", "x=99999999999999999999"}),
                     text) {
  auto shapes = parse_shapes({text});
  BOOST_REQUIRE(!shapes.ok());
  BOOST_TEST(shapes.failure().message == "--shape " + std::string(text) + ": expected NAME=1,784, at most 8 dimensions");
}

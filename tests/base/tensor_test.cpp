#define BOOST_TEST_MODULE tensor
#include "runtime/base/tensor.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>

using namespace troupe;

namespace {

tensor_view view(datatype type, const shape& dims, std::uint64_t size) {
  return make_view(type, dims, nullptr, size);
}

std::optional<std::uint64_t> bytes_of(datatype type, const shape& dims) {
  return byte_size(type, dims.data(), dims.size());
}

std::string problem(const tensor_spec& spec, const tensor_view& tensor) {
  auto checked = check_against(spec, tensor, "input");
  return checked ? "" : checked.failure().message;
}

constexpr auto largest = std::numeric_limits<std::int64_t>::max();
const tensor_spec image{"image", datatype::fp32, {-1, 64}};

} // namespace

BOOST_AUTO_TEST_CASE(dimensions_that_overflow_have_no_byte_size) {
  BOOST_TEST(!bytes_of(datatype::fp32, {largest}));
  BOOST_TEST(!bytes_of(datatype::int8, {largest, 2}));
  BOOST_TEST(!bytes_of(datatype::fp64, {1LL << 30, 1LL << 30}));
}

BOOST_AUTO_TEST_CASE(a_zero_dimension_does_not_hide_an_overflow) {
  BOOST_TEST(!bytes_of(datatype::int8, {0, largest, largest}));
  BOOST_TEST(!bytes_of(datatype::int8, {largest, largest, 0}));
}

BOOST_AUTO_TEST_CASE(a_negative_dimension_has_no_byte_size) {
  BOOST_TEST(!bytes_of(datatype::int8, {-1}));
  BOOST_TEST(!bytes_of(datatype::int8, {0, -1}));
  BOOST_TEST(!bytes_of(datatype::int8, {-2, -2}));
}

BOOST_AUTO_TEST_CASE(byte_size_is_the_product_with_the_element) {
  BOOST_TEST(bytes_of(datatype::fp32, {2, 3, 4}).value() == 96);
  BOOST_TEST(bytes_of(datatype::fp64, {}).value() == 8);
  BOOST_TEST(bytes_of(datatype::fp64, {5, 0}).value() == 0);
  BOOST_TEST(bytes_of(datatype::int8, {largest}).value() == static_cast<std::uint64_t>(largest));
}

BOOST_AUTO_TEST_CASE(bytes_are_as_many_strings_as_the_shape_says) {
  const tensor_spec words{"words", datatype::bytes, {-1, 2}};
  auto two = byte_strings_of({"one", ""});
  auto problem_of = [&](const std::vector<std::byte>& bytes) {
    return problem(words, make_view(datatype::bytes, {1, 2}, bytes.data(), bytes.size()));
  };
  BOOST_TEST(problem_of(two) == "");
  const std::string rest = " bytes found are something else";
  const std::string expected =
      "input 'words': shape [1, 2] of BYTES needs 2 strings, each its length (4 bytes, little-endian) and so many bytes; the ";
  BOOST_TEST(problem_of({}) == expected + "0" + rest);
  BOOST_TEST(problem_of(byte_strings_of({"one"})) == expected + "7" + rest);
  BOOST_TEST(problem_of(byte_strings_of({"one", "", ""})) == expected + "15" + rest);
  two.pop_back();
  BOOST_TEST(problem_of(two) == expected + "10" + rest);
  BOOST_TEST(bytes_of(datatype::bytes, {1, 2}).value() == 8); // the least
}

BOOST_AUTO_TEST_CASE(another_datatype_is_refused) {
  BOOST_TEST(problem(image, view(datatype::fp64, {2, 64}, 1024)) == "input 'image': expected datatype FP32, found FP64");
  BOOST_TEST(problem(image, view(static_cast<datatype>(77), {2, 64}, 1024))
             == "input 'image': expected datatype FP32, found unknown");
}

BOOST_AUTO_TEST_CASE(another_shape_is_refused) {
  BOOST_TEST(problem(image, view(datatype::fp32, {2, 63}, 504)) == "input 'image': expected shape [-1, 64], found [2, 63]");
  BOOST_TEST(problem(image, view(datatype::fp32, {64}, 256)) == "input 'image': expected shape [-1, 64], found [64]");
  BOOST_TEST(problem(image, view(datatype::fp32, {}, 4)) == "input 'image': expected shape [-1, 64], found []");
}

BOOST_AUTO_TEST_CASE(a_free_dimension_takes_neither_a_negative_nor_an_overflowing_one) {
  BOOST_TEST(problem(image, view(datatype::fp32, {-1, 64}, 256))
             == "input 'image': shape [-1, 64] has a negative dimension or overflows");
  BOOST_TEST(problem(image, view(datatype::fp32, {1LL << 56, 64}, 0))
             == "input 'image': shape [72057594037927936, 64] has a negative dimension or overflows");
}

BOOST_AUTO_TEST_CASE(bytes_that_disagree_with_the_shape_are_refused) {
  for (std::uint64_t size : {0, 511, 513})
    BOOST_TEST(problem(image, view(datatype::fp32, {2, 64}, size))
               == "input 'image': shape [2, 64] of FP32 needs 512 bytes, found " + std::to_string(size));
}

BOOST_AUTO_TEST_CASE(what_the_spec_allows_is_taken) {
  BOOST_TEST(problem(image, view(datatype::fp32, {2, 64}, 512)) == "");
  BOOST_TEST(problem(image, view(datatype::fp32, {0, 64}, 0)) == "");
  BOOST_TEST(problem({"x", datatype::boolean, {}}, view(datatype::boolean, {}, 1)) == "");
}

BOOST_AUTO_TEST_CASE(names_of_datatypes_read_back) {
  for (std::uint16_t number = 0; number < 10; ++number) {
    auto type = static_cast<datatype>(number);
    BOOST_TEST((datatype_from(to_string(type)) == type));
    BOOST_TEST(element_size(type) > 0);
  }
  for (auto name : {"UINT16", "UINT32", "UINT64", "fp32", "", "unknown"})
    BOOST_TEST(!datatype_from(name), name);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_datatype_has_neither_name_nor_size) {
  BOOST_TEST(to_string(static_cast<datatype>(11)) == "unknown");
  BOOST_TEST(element_size(static_cast<datatype>(65535)) == 0);
}

#define BOOST_TEST_MODULE element
#include "runtime/base/element.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace troupe;

namespace {

struct rounding {
  double value;
  std::uint16_t half;
  std::uint16_t brain_half;
};

constexpr auto infinity = std::numeric_limits<double>::infinity();

// From numpy.float16, and from torch.bfloat16.
const rounding roundings[] = {
    {0.0, 0x0000, 0x0000},       {-0.0, 0x8000, 0x8000},    {1.0, 0x3c00, 0x3f80},           {-2.0, 0xc000, 0xc000},
    {0.1, 0x2e66, 0x3dcd},       {1.0 / 3, 0x3555, 0x3eab}, {65504.0, 0x7bff, 0x4780},       {65519.0, 0x7bff, 0x4780},
    {65520.0, 0x7c00, 0x4780},   {1e-8, 0x0000, 0x322c},    {5.9604645e-08, 0x0001, 0x3380}, {6e-5, 0x03ef, 0x387c},
    {2049.0, 0x6800, 0x4500},    {2051.0, 0x6802, 0x4500},  {1e40, 0x7c00, 0x7f80},          {infinity, 0x7c00, 0x7f80},
    {-infinity, 0xfc00, 0xff80},
};

std::string text_of(datatype type, std::uint64_t bits) {
  return element_text(type, reinterpret_cast<const std::byte*>(&bits));
}

} // namespace

BOOST_AUTO_TEST_CASE(reals_of_16_bits_are_rounded_to_the_nearest_ties_to_even) {
  for (const auto& row : roundings)
    BOOST_TEST_CONTEXT(row.value) {
      BOOST_TEST(half_bits(row.value) == row.half);
      BOOST_TEST(brain_half_bits(row.value) == row.brain_half);
    }
}

BOOST_AUTO_TEST_CASE(nan_stays_nan_in_16_bits) {
  auto bits = half_bits(std::nan(""));
  BOOST_TEST(std::isnan(real_at(datatype::fp16, reinterpret_cast<const std::byte*>(&bits))));
  bits = brain_half_bits(std::nan(""));
  BOOST_TEST(std::isnan(real_at(datatype::bf16, reinterpret_cast<const std::byte*>(&bits))));
}

BOOST_AUTO_TEST_CASE(every_finite_real_of_16_bits_survives_the_way_to_a_double_and_back) {
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    auto bits = static_cast<std::uint16_t>(i);
    auto at = reinterpret_cast<const std::byte*>(&bits);
    if (auto value = real_at(datatype::fp16, at); !std::isnan(value))
      BOOST_REQUIRE(half_bits(value) == bits);
    if (auto value = real_at(datatype::bf16, at); !std::isnan(value))
      BOOST_REQUIRE(brain_half_bits(value) == bits);
  }
}

BOOST_AUTO_TEST_CASE(elements_are_written_as_people_read_them) {
  BOOST_TEST(text_of(datatype::boolean, 1) == "true");
  BOOST_TEST(text_of(datatype::boolean, 0) == "false");
  BOOST_TEST(text_of(datatype::int8, 0xfd) == "-3");
  BOOST_TEST(text_of(datatype::uint8, 0xfd) == "253");
  BOOST_TEST(text_of(datatype::fp32, 0x3dcccccd) == "0.1");
  BOOST_TEST(text_of(datatype::fp16, 0x7c00) == "Infinity");
  BOOST_TEST(text_of(datatype::bf16, 0x7fc0) == "NaN");
}

#define BOOST_TEST_MODULE golden_check
#include "runtime/policy/golden_check.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

using namespace troupe;

namespace {

constexpr auto nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<float>::infinity();

template <class T>
golden_tensor tensor(shape dims, std::vector<T> values) {
  golden_tensor made{std::move(dims), std::vector<std::byte>(values.size() * sizeof(T))};
  if (!values.empty())
    std::memcpy(made.data.data(), values.data(), made.data.size());
  return made;
}

golden_tensor strings(std::initializer_list<std::string_view> texts) {
  return {{static_cast<std::int64_t>(texts.size())}, byte_strings_of(texts)};
}

tensor_view view_of(datatype type, const golden_tensor& tensor) {
  return make_view(type, tensor.dims, tensor.data.data(), tensor.data.size());
}

struct row {
  datatype type;
  golden_tensor expected;
  golden_tensor found;
  std::string problem; ///< "": it fits
  bool allow_non_finite = false;
};

const std::string must_be_finite = " (outputs must be finite unless model.toml says allow_non_finite = true)";

const std::vector<row> rows = {
    {datatype::fp32, tensor<float>({2}, {0.5F, 0.97F}), tensor<float>({2}, {0.5F, 0.97F}), ""},
    {datatype::fp32, tensor<float>({4}, {0, 0, 0, 0.97F}), tensor<float>({4}, {0, 0, 0, 0.12F}),
     "[3]: expected 0.97, found 0.12 (tolerance 1e-05 + 0.0001 relative)"},
    {datatype::fp32, tensor<float>({2, 2}, {0, 0, 0, 1}), tensor<float>({2, 2}, {0, 0, 0, 2}),
     "[1, 1]: expected 1, found 2 (tolerance 1e-05 + 0.0001 relative)"},
    {datatype::fp32, tensor<float>({}, {1}), tensor<float>({}, {2}), ": expected 1, found 2 (tolerance 1e-05 + 0.0001 relative)"},
    {datatype::fp32, tensor<float>({1, 2}, {1, 2}), tensor<float>({2, 1}, {1, 2}), ": expected shape [1, 2], found [2, 1]"},
    {datatype::fp32, tensor<float>({0, 3}, {}), tensor<float>({0, 3}, {}), ""},
    // |found - expected| <= absolute + relative * |expected|
    {datatype::fp32, tensor<float>({1}, {0}), tensor<float>({1}, {0.9e-5F}), ""},
    {datatype::fp32, tensor<float>({1}, {0}), tensor<float>({1}, {1.1e-5F}),
     "[0]: expected 0, found 1.1e-05 (tolerance 1e-05 + 0.0001 relative)"},
    {datatype::fp32, tensor<float>({1}, {-10000}), tensor<float>({1}, {-10001}), ""},
    {datatype::fp64, tensor<double>({1}, {-10000}), tensor<double>({1}, {-10001.1}),
     "[0]: expected -10000, found -10001.1 (tolerance 1e-05 + 0.0001 relative)"},
    // what is not finite
    {datatype::fp32, tensor<float>({2}, {1, 1}), tensor<float>({2}, {1, nan_value}),
     "[1]: expected 1, found NaN" + must_be_finite},
    {datatype::fp32, tensor<float>({1}, {infinity}), tensor<float>({1}, {infinity}),
     "[0]: expected Infinity, found Infinity" + must_be_finite},
    {datatype::fp32, tensor<float>({3}, {nan_value, infinity, -infinity}), tensor<float>({3}, {nan_value, infinity, -infinity}),
     "", true},
    {datatype::fp32, tensor<float>({1}, {infinity}), tensor<float>({1}, {-infinity}),
     "[0]: expected Infinity, found -Infinity (tolerance 1e-05 + 0.0001 relative)", true},
    {datatype::fp32, tensor<float>({1}, {1}), tensor<float>({1}, {nan_value}),
     "[0]: expected 1, found NaN (tolerance 1e-05 + 0.0001 relative)", true},
    {datatype::fp32, tensor<float>({1}, {nan_value}), tensor<float>({1}, {1}),
     "[0]: expected NaN, found 1 (tolerance 1e-05 + 0.0001 relative)"},
    // the other datatypes
    {datatype::fp16, tensor<std::uint16_t>({2}, {0x3c00, 0x3c00}), tensor<std::uint16_t>({2}, {0x3c00, 0x3c01}),
     "[1]: expected 1, found 1.0009766 (tolerance 1e-05 + 0.0001 relative)"},
    {datatype::bf16, tensor<std::uint16_t>({1}, {0x3f80}), tensor<std::uint16_t>({1}, {0x7f80}),
     "[0]: expected 1, found Infinity" + must_be_finite},
    {datatype::bf16, tensor<std::uint16_t>({1}, {0x3f80}), tensor<std::uint16_t>({1}, {0x3f80}), ""},
    {datatype::boolean, tensor<std::uint8_t>({2}, {1, 0}), tensor<std::uint8_t>({2}, {1, 1}), "[1]: expected false, found true"},
    {datatype::uint8, tensor<std::uint8_t>({1}, {255}), tensor<std::uint8_t>({1}, {254}), "[0]: expected 255, found 254"},
    {datatype::int8, tensor<std::int8_t>({1}, {-1}), tensor<std::int8_t>({1}, {1}), "[0]: expected -1, found 1"},
    {datatype::int16, tensor<std::int16_t>({1}, {-300}), tensor<std::int16_t>({1}, {-301}), "[0]: expected -300, found -301"},
    {datatype::int32, tensor<std::int32_t>({1}, {7}), tensor<std::int32_t>({1}, {7}), ""},
    {datatype::int64, tensor<std::int64_t>({1}, {9007199254740993}), tensor<std::int64_t>({1}, {9007199254740992}),
     "[0]: expected 9007199254740993, found 9007199254740992"},
    {datatype::bytes, strings({"a", "b"}), strings({"a", "b"}), ""},
    {datatype::bytes, strings({"a", "b\n"}), strings({"a", "b"}), "[1]: expected \"b?\", found \"b\""},
};

} // namespace

BOOST_AUTO_TEST_CASE(an_output_fits_or_the_first_wrong_element_is_named) {
  for (const auto& r : rows)
    BOOST_TEST_CONTEXT(to_string(r.type) << " " << r.problem) {
      model_spec spec;
      spec.outputs = {{"scores", r.type, r.expected.dims}};
      spec.allow_non_finite = r.allow_non_finite;
      golden_set set;
      set.cases = {{}, {}, {{}, {r.expected}, {true}, 0}};
      auto checked = check_golden(spec, set, 2, {view_of(r.type, r.found)});
      BOOST_TEST(checked.ok() == r.problem.empty());
      if (!checked)
        BOOST_TEST(checked.failure().message == "golden.json: case 2: output 'scores'" + r.problem);
    }
}

BOOST_AUTO_TEST_CASE(an_output_that_is_not_compared_must_still_be_finite) {
  model_spec spec;
  spec.outputs = {{"hidden", datatype::fp32, {-1}}, {"label", datatype::int64, {1}}};
  golden_set set;
  set.cases = {{{}, {{}, tensor<std::int64_t>({1}, {4})}, {false, true}, 0}};
  auto label = tensor<std::int64_t>({1}, {4});
  auto fine = tensor<float>({2}, {1, 2});
  auto broken = tensor<float>({2}, {1, -infinity});
  auto check = [&](const golden_tensor& hidden) {
    return check_golden(spec, set, 0, {view_of(datatype::fp32, hidden), view_of(datatype::int64, label)});
  };
  BOOST_TEST(check(fine).ok());
  BOOST_REQUIRE(!check(broken).ok());
  BOOST_TEST(check(broken).failure().message
             == "golden.json: case 0: output 'hidden'[1]: expected a finite number, found -Infinity" + must_be_finite);
  spec.allow_non_finite = true;
  BOOST_TEST(check(broken).ok());
}

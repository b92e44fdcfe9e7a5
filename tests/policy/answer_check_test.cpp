#define BOOST_TEST_MODULE answer_check
#include "runtime/base/element.hpp"
#include "runtime/policy/answer_check.hpp"
#include "runtime/policy/evidence/drift.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

using namespace troupe;

namespace {

constexpr auto nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();

/// A tensor with its bytes.
struct whole {
  std::vector<std::byte> bytes;
  tensor_view view;
};

template <class T>
void put(std::vector<std::byte>& bytes, T value) {
  auto at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void put_number(std::vector<std::byte>& bytes, datatype type, double value) {
  switch (type) {
  case datatype::fp16: return put(bytes, half_bits(value));
  case datatype::bf16: return put(bytes, brain_half_bits(value));
  case datatype::fp32: return put(bytes, static_cast<float>(value));
  case datatype::fp64: return put(bytes, value);
  case datatype::int64: return put(bytes, static_cast<std::int64_t>(value));
  default: return put(bytes, static_cast<std::uint8_t>(value));
  }
}

whole tensor(datatype type, const shape& dims, const std::vector<double>& numbers) {
  whole made;
  for (auto number : numbers)
    put_number(made.bytes, type, number);
  made.view = make_view(type, dims, made.bytes.data(), made.bytes.size());
  return made;
}

whole scores(const std::vector<double>& numbers, std::int64_t classes = 3) {
  return tensor(datatype::fp32, {static_cast<std::int64_t>(numbers.size()) / classes, classes}, numbers);
}

check_spec by(output_look look, double within = 1e-3) {
  check_spec check;
  check.kind = check_kind::disagreement;
  check.by = look;
  check.within = within;
  return check;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_number_that_is_not_finite_is_found_in_every_datatype_of_reals) {
  for (auto type : {datatype::fp16, datatype::bf16, datatype::fp32, datatype::fp64})
    for (std::size_t length : {1U, 7U, 33U}) {
      std::vector<double> numbers(length, -3.5);
      BOOST_TEST(all_finite(tensor(type, {static_cast<std::int64_t>(length)}, numbers).view));
      for (auto bad : {nan_value, infinity, -infinity}) {
        numbers.back() = bad;
        BOOST_TEST(!all_finite(tensor(type, {static_cast<std::int64_t>(length)}, numbers).view));
      }
    }
  BOOST_TEST(all_finite(tensor(datatype::int64, {2}, {1, 2}).view));
  BOOST_TEST(all_finite(tensor(datatype::fp32, {0}, {}).view));
}

BOOST_AUTO_TEST_CASE(answers_of_other_datatypes_or_shapes_never_agree) {
  auto one = tensor(datatype::fp32, {2, 1}, {1, 2});
  for (auto look : {output_look::values, output_look::bytes, output_look::top_class}) {
    BOOST_TEST(agree(one.view, one.view, by(look)));
    BOOST_TEST(!agree(one.view, tensor(datatype::fp32, {1, 2}, {1, 2}).view, by(look)));
    BOOST_TEST(!agree(one.view, tensor(datatype::fp64, {2, 1}, {1, 2}).view, by(look)));
  }
}

BOOST_AUTO_TEST_CASE(by_values_numbers_may_differ_a_little) {
  struct row {
    double live, copy, within;
    bool same;
  };
  for (const auto& each :
       {row{1, 1.0005, 1e-3, true}, row{1, 1.002, 1e-3, false}, row{1000, 1000.5, 1e-3, true}, row{1e-6, 2e-6, 1e-3, true},
        row{1, 2, 0, false}, row{nan_value, nan_value, 0, true}, row{nan_value, 1, 1e6, false}, row{infinity, infinity, 0, true},
        row{infinity, -infinity, 1e6, false}, row{infinity, 1e30, 1e6, false}, row{0, -0.0, 0, true}})
    BOOST_TEST(agree(scores({each.live, 0, 0}).view, scores({each.copy, 0, 0}).view, by(output_look::values, each.within))
                   == each.same,
               each.live << " against " << each.copy);
}

BOOST_AUTO_TEST_CASE(by_bytes_nothing_may_differ) {
  BOOST_TEST(!agree(scores({0, 0, 0}).view, scores({-0.0, 0, 0}).view, by(output_look::bytes)));
}

BOOST_AUTO_TEST_CASE(by_class_only_the_largest_of_each_row_counts) {
  auto look = by(output_look::top_class);
  BOOST_TEST(agree(scores({1, 5, 2, 9, 0, 0}).view, scores({3, 4, 1, 1, 0, 0}).view, look));
  BOOST_TEST(!agree(scores({1, 5, 2, 9, 0, 0}).view, scores({1, 5, 2, 0, 9, 0}).view, look));
  BOOST_TEST(agree(scores({nan_value, 5, 2}).view, scores({1, 5, nan_value}).view, look));
  auto labels = [](double label) { return tensor(datatype::int64, {1, 1}, {label}); };
  BOOST_TEST(agree(labels(7).view, labels(7).view, look));
  BOOST_TEST(!agree(labels(7).view, labels(8).view, look));
}

BOOST_AUTO_TEST_CASE(a_draw_hits_each_number_or_row) {
  auto output = scores({1, 50, 2, 900, 0, 0});
  std::set<std::size_t> values;
  std::set<std::size_t> classes;
  for (std::uint64_t draw = 0; draw < 60; ++draw) {
    values.insert(*draw_bin(output.view, output_look::values, value_bin_count, draw));
    classes.insert(*draw_bin(output.view, output_look::top_class, 3, draw));
  }
  BOOST_TEST((values == std::set<std::size_t>{value_bin(0), value_bin(1), value_bin(2), value_bin(50), value_bin(900)}));
  BOOST_TEST((classes == std::set<std::size_t>{0, 1}));
  BOOST_TEST(!draw_bin(tensor(datatype::fp32, {0, 3}, {}).view, output_look::values, value_bin_count, 5));
  BOOST_TEST(!draw_bin(tensor(datatype::fp32, {2, 0}, {}).view, output_look::top_class, 3, 5));
}

BOOST_AUTO_TEST_CASE(classes_beyond_the_bins_are_the_last_one) {
  BOOST_TEST(drift_bins({"scores", datatype::fp32, {-1, 10}}, output_look::top_class) == 10U);
  BOOST_TEST(drift_bins({"scores", datatype::fp32, {-1, -1}}, output_look::top_class) == class_bins_max);
  BOOST_TEST(drift_bins({"label", datatype::int64, {-1}}, output_look::top_class) == class_bins_max);
  BOOST_TEST(drift_bins({"scores", datatype::fp32, {-1, 10}}, output_look::values) == value_bin_count);
  BOOST_TEST(*draw_bin(tensor(datatype::int64, {1}, {5000}).view, output_look::top_class, class_bins_max, 0)
             == class_bins_max - 1);
  BOOST_TEST(*draw_bin(tensor(datatype::int64, {1}, {-5}).view, output_look::top_class, class_bins_max, 0) == 0U);
}

#define BOOST_TEST_MODULE round_trip
#include "runtime/base/byte_strings.hpp"
#include "runtime/oip/golden_json.hpp"
#include "tests/support/echoed_request.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <numeric>
#include <random>
#include <vector>

using namespace troupe;

namespace {

constexpr std::uint64_t seeds = 3000;

/// Numbers by chance; each case has a seed of its own, which a failure names.
class chance {
public:
  explicit chance(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::uint64_t bits() { return random_(); }

private:
  std::mt19937_64 random_;
};

/// A tensor with its elements.
struct owned_tensor {
  datatype type = datatype::fp32;
  shape dims;
  std::vector<std::byte> data;

  tensor_view view() const { return make_view(type, dims, data.data(), data.size()); }
};

const std::vector<datatype> all_datatypes = [] {
  std::vector<datatype> all;
  for (std::uint16_t number = 0; element_size(static_cast<datatype>(number)) > 0; ++number)
    all.push_back(static_cast<datatype>(number));
  return all;
}();

/// Any rank; mostly few elements, sometimes none.
shape random_shape(chance& random) {
  shape dims(random.below(rank_max + 1));
  for (auto& dim : dims)
    dim = static_cast<std::int64_t>(random.below(12) == 0 ? 0 : 1 + random.below(3));
  return dims;
}

/// Of UTF-8, as JSON carries it: ASCII with control characters, two, three and four bytes.
std::string random_text(chance& random) {
  std::string text;
  for (auto left = random.below(6); left > 0; --left) {
    constexpr const char* wide[] = {"é", "\u07ff", "€", "\uffff", "😀", "\U0010ffff"};
    auto which = random.below(12);
    text += which < std::size(wide) ? std::string(wide[which]) : std::string(1, static_cast<char>(random.below(128)));
  }
  return text;
}

template <class Real>
std::uint64_t special_bits(chance& random) {
  using limit = std::numeric_limits<Real>;
  const Real specials[] = {
      0, limit::denorm_min(), limit::min(),      limit::max(), limit::epsilon(), Real(0.1), Real(7.038531e-26F),
      1, limit::infinity(),   limit::quiet_NaN()};
  auto value = specials[random.below(std::size(specials))];
  value = random.below(2) == 0 ? value : -value;
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

/// Zeros, the smallest and the largest, denormal and normal, infinities, NaN.
constexpr std::uint16_t special_halves[] = {0, 0x8000, 1, 0x3ff, 0x400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00};

/// Any bits, or those of a number at the edge: zeros of both signs, the smallest and the largest, infinities, NaN.
std::uint64_t random_element(datatype type, chance& random) {
  if (random.below(2) == 0)
    return random.bits();
  switch (type) {
  case datatype::fp16: return special_halves[random.below(std::size(special_halves))];
  case datatype::bf16: return special_bits<float>(random) >> 16;
  case datatype::fp32: return special_bits<float>(random);
  case datatype::fp64: return special_bits<double>(random);
  default: return std::uint64_t{1} << random.below(64);
  }
}

owned_tensor random_tensor(chance& random, datatype type) {
  owned_tensor made{type, random_shape(random), {}};
  auto count = byte_size(type, made.dims.data(), made.dims.size()).value() / element_size(type);
  for (; count > 0; --count) {
    if (type == datatype::bytes) {
      append_byte_string(random_text(random), made.data);
      continue;
    }
    auto bits = random_element(type, random);
    auto first = reinterpret_cast<const std::byte*>(&bits);
    made.data.insert(made.data.end(), first, first + element_size(type));
  }
  return made;
}

/// One to three tensors, of datatypes that JSON carries or of any.
std::vector<owned_tensor> random_tensors(chance& random, bool only_json) {
  std::vector<owned_tensor> made;
  for (auto left = 1 + random.below(3); left > 0;) {
    auto type = all_datatypes[random.below(all_datatypes.size())];
    if (only_json && !travels_in_json(type))
      continue;
    made.push_back(random_tensor(random, type));
    --left;
  }
  return made;
}

/// The model that gives these tensors back.
model_spec echo_of(const std::vector<owned_tensor>& tensors) {
  model_spec spec;
  for (const auto& tensor : tensors)
    spec.inputs.push_back({"t" + std::to_string(spec.inputs.size()), tensor.type, tensor.dims});
  spec.outputs = spec.inputs;
  return spec;
}

infer_answer answer_of(const std::vector<owned_tensor>& tensors, const model_spec& spec, bool binary) {
  infer_query asked;
  std::vector<tensor_view> outputs;
  for (const auto& tensor : tensors) {
    asked.outputs.push_back({static_cast<std::uint32_t>(outputs.size()), binary, 0});
    outputs.push_back(tensor.view());
  }
  auto answer = write_infer_answer(asked, spec, {"echo", 1}, outputs);
  BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.failure().message));
  return *answer;
}

/// The tensors are written as an answer; what is read of the request that it would be must be the same.
template <class Same>
void check_round_trip(const std::vector<owned_tensor>& tensors, bool binary, Same same) {
  auto spec = echo_of(tensors);
  auto request = as_request(answer_of(tensors, spec, binary));
  padded_body body(request.body);
  auto read = read_infer_query(body.view(), request.header_length, spec);
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message));
  BOOST_REQUIRE(read->inputs.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& found = read->inputs[i].tensor;
    BOOST_TEST((found.type == tensors[i].type && found.to_shape() == tensors[i].dims));
    BOOST_TEST(same(tensors[i].view(), found), spec.inputs[i].name << " in " << request.body);
  }
}

template <class Case>
void for_each_seed(Case check) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    BOOST_TEST_CONTEXT("seed " << seed) {
      chance random(seed);
      check(random);
    }
}

/// A flat list of JSON values, nested as the dims say.
std::string nested(const std::vector<std::string>& values, const shape& dims, std::size_t depth, std::size_t& next) {
  if (depth == dims.size())
    return values[next++];
  std::string text = "[";
  for (std::int64_t i = 0; i < dims[depth]; ++i)
    text += (i == 0 ? "" : ",") + nested(values, dims, depth + 1, next);
  return text + "]";
}

} // namespace

BOOST_AUTO_TEST_CASE(any_tensor_goes_through_json_unchanged_but_for_what_a_nan_carries) {
  for_each_seed([](chance& random) {
    check_round_trip(random_tensors(random, true), false,
                     [](const tensor_view& a, const tensor_view& b) { return same_in_json(a, b); });
  });
}

BOOST_AUTO_TEST_CASE(any_tensor_goes_through_binary_data_to_the_last_bit) {
  for_each_seed([](chance& random) { check_round_trip(random_tensors(random, false), true, same_bytes); });
}

BOOST_AUTO_TEST_CASE(any_tensor_goes_through_a_golden_json_halves_as_well) {
  for_each_seed([](chance& random) {
    auto tensors = random_tensors(random, false);
    auto spec = echo_of(tensors);
    golden_set set;
    set.cases.resize(1);
    for (const auto& tensor : tensors)
      set.cases[0].inputs.push_back({tensor.dims, tensor.data});
    set.cases[0].outputs = set.cases[0].inputs;
    set.cases[0].compared.assign(tensors.size(), true);
    auto text = write_golden(set, spec);
    auto read = parse_golden(text, "golden.json", spec);
    BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message) << " in " << text);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const auto& found = read->cases.at(0).outputs.at(i);
      BOOST_TEST((found.dims == tensors[i].dims));
      BOOST_TEST(same_in_json(tensors[i].view(), owned_tensor{tensors[i].type, found.dims, found.data}.view()), text);
    }
  });
}

BOOST_AUTO_TEST_CASE(nested_data_is_read_as_flat_data_is) {
  for_each_seed([](chance& random) {
    auto dims = random_shape(random);
    auto count = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
    std::vector<std::string> values;
    for (std::int64_t i = 0; i < count; ++i)
      values.push_back(std::to_string(static_cast<std::int64_t>(random.bits())));
    model_spec spec;
    spec.inputs = {{"t", datatype::int64, dims}};
    std::size_t next = 0;
    auto flat = nested(values, {count}, 0, next);
    next = 0;
    auto deep = dims.empty() ? flat : nested(values, dims, 0, next);
    auto body_with = [&](const std::string& data) {
      auto dims_text = to_string(dims);
      return R"({"inputs":[{"name":"t","datatype":"INT64","shape":)" + dims_text + R"(,"data":)" + data + "}]}";
    };
    padded_body flat_body(body_with(flat));
    padded_body deep_body(body_with(deep));
    auto one = read_infer_query(flat_body.view(), {}, spec);
    auto other = read_infer_query(deep_body.view(), {}, spec);
    BOOST_REQUIRE_MESSAGE(one.ok(), (one.ok() ? "" : one.failure().message));
    BOOST_REQUIRE_MESSAGE(other.ok(), (other.ok() ? "" : other.failure().message) << " in " << deep_body.view());
    BOOST_TEST(same_bytes(one->inputs[0].tensor, other->inputs[0].tensor));
  });
}

#include "runtime/cli/element.hpp"

#include <cmath>
#include <cstring>
#include <limits>

namespace troupe {

namespace {

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// IEEE 754 binary16.
double half(std::uint16_t bits) {
  auto sign = bits >> 15 != 0 ? -1.0 : 1.0;
  int exponent = bits >> 10 & 0x1f;
  int fraction = bits & 0x3ff;
  if (exponent == 0x1f)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0)
    return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 0x400, exponent - 25);
}

/// The upper half of a binary32.
double brain_half(std::uint16_t bits) {
  auto wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

} // namespace

double real_at(datatype type, const std::byte* at) {
  switch (type) {
  case datatype::fp16: return half(load<std::uint16_t>(at));
  case datatype::bf16: return brain_half(load<std::uint16_t>(at));
  case datatype::fp32: return load<float>(at);
  case datatype::fp64: return load<double>(at);
  default: return static_cast<double>(integer_at(type, at));
  }
}

std::int64_t integer_at(datatype type, const std::byte* at) {
  switch (type) {
  case datatype::boolean: return load<std::uint8_t>(at) != 0 ? 1 : 0;
  case datatype::uint8: return load<std::uint8_t>(at);
  case datatype::int8: return load<std::int8_t>(at);
  case datatype::int16: return load<std::int16_t>(at);
  case datatype::int32: return load<std::int32_t>(at);
  case datatype::int64: return load<std::int64_t>(at);
  default: return static_cast<std::int64_t>(real_at(type, at));
  }
}

bool is_real(datatype type) {
  return type == datatype::fp16 || type == datatype::bf16 || type == datatype::fp32 || type == datatype::fp64;
}

} // namespace troupe

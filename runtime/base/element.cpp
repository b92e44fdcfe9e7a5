#include "runtime/base/element.hpp"

#include <algorithm>
#include <charconv>
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

/// The bits of a binary floating-point number of 16 bits, of which `fraction_bits` are the fraction and the rest but the sign the exponent.
std::uint16_t round_to_16(double value, int fraction_bits) {
  const int exponent_max = (1 << (14 - fraction_bits)) - 1; // also the bias
  const auto infinity = static_cast<std::uint32_t>(2 * exponent_max + 1) << fraction_bits;
  auto sign = static_cast<std::uint32_t>(std::signbit(value)) << 15;
  if (std::isnan(value))
    return static_cast<std::uint16_t>(sign | infinity | 1U << (fraction_bits - 1));
  if (value == 0)
    return static_cast<std::uint16_t>(sign);
  // In units of the last place a number and its bits differ by a constant only, so rounding may carry into the exponent.
  auto exponent = std::max(std::isinf(value) ? exponent_max + 1 : std::ilogb(value), 1 - exponent_max);
  if (exponent > exponent_max)
    return static_cast<std::uint16_t>(sign | infinity);
  auto units = static_cast<std::uint32_t>(std::nearbyint(std::scalbn(std::fabs(value), fraction_bits - exponent)));
  return static_cast<std::uint16_t>(sign | (units + (static_cast<std::uint32_t>(exponent + exponent_max - 1) << fraction_bits)));
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

std::string element_text(datatype type, const std::byte* at) {
  if (type == datatype::boolean)
    return integer_at(type, at) != 0 ? "true" : "false";
  if (!is_real(type))
    return std::to_string(integer_at(type, at));
  auto value = real_at(type, at);
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "Infinity" : "-Infinity";
  char text[64];
  auto end = type == datatype::fp64 ? std::to_chars(text, text + sizeof text, value).ptr
                                    : std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr;
  return {text, end};
}

std::uint16_t half_bits(double value) {
  return round_to_16(value, 10);
}

std::uint16_t brain_half_bits(double value) {
  return round_to_16(value, 7);
}

} // namespace troupe

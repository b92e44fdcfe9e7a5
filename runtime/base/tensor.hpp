#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Element types, named as in the Open Inference Protocol. The numbers are on the wire and in shared memory: never reuse one.
enum class datatype : std::uint16_t { boolean = 0, uint8, int8, int16, int32, int64, fp16, bf16, fp32, fp64, bytes };

/// Most dimensions a tensor may have; bounds every parser and the shared-memory header.
inline constexpr std::size_t rank_max = 8;

/// "FP32", "BOOL", … as the Open Inference Protocol writes it.
std::string_view to_string(datatype type);
/// The reverse; nothing for a name we don't serve (UINT16 to UINT64 have no TorchScript tensor type).
std::optional<datatype> datatype_from(std::string_view name);
/// All that we serve, for messages: "BOOL, UINT8, … or BYTES".
std::string datatype_names();
/// Bytes of one element; of BYTES, whose elements are strings (byte_strings.hpp), what the shortest takes. 0 for a number that is no datatype.
std::size_t element_size(datatype type);

using shape = std::vector<std::int64_t>;

/// "[-1, 64]"
std::string to_string(const shape& dims);

/// Bytes that a tensor of this type and shape occupies (row-major, no padding), of BYTES the least that it does, or nothing if a dimension
/// is negative or the product overflows 63 bits.
std::optional<std::uint64_t> byte_size(datatype type, const std::int64_t* dims, std::size_t rank);

/// Somebody else's tensor: row-major little-endian elements. Valid as long as the buffer's owner says.
struct tensor_view {
  datatype type = datatype::fp32;
  std::uint8_t rank = 0;
  std::int64_t dims[rank_max] = {};
  const std::byte* data = nullptr;
  std::uint64_t size = 0; ///< bytes; what type, dims and, of BYTES, the elements come to, once checked

  shape to_shape() const { return shape(dims, dims + rank); }
};

/// A tensor as a client sent it.
struct named_view {
  std::string_view name;
  tensor_view tensor;
};

/// What a model takes or gives under one name; -1 in `dims` is a free dimension.
struct tensor_spec {
  std::string name;
  datatype type = datatype::fp32;
  shape dims;
};

inline bool operator==(const tensor_spec& a, const tensor_spec& b) {
  return a.name == b.name && a.type == b.type && a.dims == b.dims;
}

/// `size` bytes at `data` as a tensor; `dims` has at most rank_max.
tensor_view make_view(datatype type, const shape& dims, const std::byte* data, std::uint64_t size);

/// Whether the bytes are those of a tensor of that type and shape. Reads the data of BYTES only.
bool is_whole(const tensor_view& tensor);

/// Whether `spec` allows a tensor of that type and shape. The error names the field, what was expected and what was found; `what` is
/// "input" or "output".
result<void> check_shape(const tensor_spec& spec, const tensor_view& tensor, std::string_view what);

/// The same, and whether its bytes are as many as that takes (see is_whole).
result<void> check_against(const tensor_spec& spec, const tensor_view& tensor, std::string_view what);

} // namespace troupe

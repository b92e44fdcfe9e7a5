#include "runtime/cli/npy.hpp"

#include "runtime/base/element.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/cli/npy_header.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace troupe {

namespace {

struct descr_row {
  std::string_view descr;
  datatype type;
};

constexpr std::array<descr_row, 9> descrs = {{
    {"|b1", datatype::boolean},
    {"|u1", datatype::uint8},
    {"|i1", datatype::int8},
    {"<i2", datatype::int16},
    {"<i4", datatype::int32},
    {"<i8", datatype::int64},
    {"<f2", datatype::fp16},
    {"<f4", datatype::fp32},
    {"<f8", datatype::fp64},
}};

constexpr std::size_t data_alignment = 64; // as numpy.save aligns it

error refusal(const std::string& where, const std::string& text) {
  return {error_code::invalid_argument, where + ": " + text};
}

result<datatype> type_of(const std::string& descr, const std::string& where) {
  for (const auto& row : descrs)
    if (row.descr == descr)
      return row.type;
  if (descr[0] == '>')
    return refusal(where, "the array is big-endian (" + descr + "); save it as x.astype(x.dtype.newbyteorder('<'))");
  if (descr[0] == '|' && descr.size() > 1 && descr[1] == 'S')
    return refusal(where, "the array holds strings (" + descr
                              + "); write them as JSON: {\"inputs\": [{\"name\": …, \"datatype\": \"BYTES\", …}]}");
  if (descr.find('O') != std::string::npos)
    return refusal(where, "the array holds Python objects; save one of numbers, e.g. numpy.asarray(x, dtype=numpy.float32)");
  return refusal(where, "dtype " + descr + " is not served; convert it, e.g. x.astype('<f4')");
}

std::string_view descr_of(datatype type) {
  for (const auto& row : descrs)
    if (row.type == type)
      return row.descr;
  return "";
}

std::string shape_text(const shape& dims) {
  std::string text = "(";
  for (auto d : dims)
    text += std::to_string(d) + ", ";
  return text + ")";
}

std::string header_of(datatype type, const shape& dims) {
  auto dictionary =
      "{'descr': '" + std::string(descr_of(type)) + "', 'fortran_order': False, 'shape': " + shape_text(dims) + ", }";
  constexpr std::size_t prefix = 10;
  auto padded = (prefix + dictionary.size() + 1 + data_alignment - 1) / data_alignment * data_alignment;
  dictionary.append(padded - prefix - dictionary.size() - 1, ' ');
  dictionary += '\n';
  std::string text(npy_magic);
  text += {'\x01', '\x00', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return text + dictionary;
}

} // namespace

result<named_tensor> parse_npy(std::string_view bytes, const std::string& where) {
  auto header = parse_npy_header(bytes);
  if (!header)
    return refusal(where, header.failure().message);
  auto type = type_of(header->descr, where);
  if (!type)
    return type.failure();
  if (header->fortran_order)
    return refusal(where, "the array is in Fortran order; save numpy.ascontiguousarray(x)");
  auto size = byte_size(*type, header->dims.data(), header->dims.size());
  if (!size)
    return refusal(where, "shape " + to_string(header->dims) + " is too large");
  auto data = bytes.substr(header->size);
  if (data.size() != *size)
    return refusal(where, "shape " + to_string(header->dims) + " of " + std::string(to_string(*type)) + " needs "
                              + std::to_string(*size) + " bytes, found " + std::to_string(data.size())
                              + (data.size() < *size ? "; the file is truncated" : "; the file has more than one array"));
  auto first = reinterpret_cast<const std::byte*>(data.data());
  return named_tensor{"", *type, header->dims, {first, first + data.size()}};
}

std::string to_npy(const named_tensor& tensor) {
  if (tensor.type != datatype::bf16)
    return header_of(tensor.type, tensor.dims)
           + std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  auto text = header_of(datatype::fp32, tensor.dims);
  for (std::size_t at = 0; at < tensor.data.size(); at += element_size(datatype::bf16)) {
    auto value = static_cast<float>(real_at(tensor.type, tensor.data.data() + at));
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return text;
}

result<named_tensor> read_npy_file(const std::string& path, std::uint64_t bytes_max) {
  auto bytes = read_text_file(path, bytes_max);
  if (!bytes)
    return bytes.failure();
  return parse_npy(*bytes, path);
}

result<void> write_npy_file(const std::string& path, const named_tensor& tensor) {
  if (tensor.type == datatype::bytes)
    return error{error_code::invalid_argument,
                 "output '" + tensor.name + "' is of BYTES, which have no place in an .npy file; take them from -o json"};
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  auto bytes = to_npy(tensor);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    return error{error_code::io_failed, "can't write " + path + ": " + std::strerror(errno)};
  return {};
}

} // namespace troupe

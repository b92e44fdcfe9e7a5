#define BOOST_TEST_MODULE npy
#include "runtime/cli/npy.hpp"
#include "runtime/cli/npy_header.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>

namespace {

using namespace troupe;
namespace data = boost::unit_test::data;

/// A file of any version, as numpy.save writes it but for the padding.
std::string npy_file(const std::string& dictionary, const std::string& bytes, char major = 1) {
  std::string text = "\x93NUMPY";
  text += {major, '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  if (major > 1)
    text += {'\0', '\0'};
  return text + dictionary + bytes;
}

std::string dictionary(const std::string& descr, const std::string& fortran_order, const std::string& dims) {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran_order + ", 'shape': " + dims + ", }\n";
}

std::string floats(std::initializer_list<float> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(float)};
}

struct refused {
  const char* title;
  std::string file;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const refused& row) {
  return out << row.title;
}

const auto whole = npy_file(dictionary("<f4", "False", "(2,)"), floats({1, 2}));

const refused refusals[] = {
    {"nothing", "", "x.npy: not an .npy file; write one with numpy.save"},
    {"another format", "PK\x03\x04....", "x.npy: not an .npy file; write one with numpy.save"},
    {"only the magic", whole.substr(0, 6), "x.npy: the .npy header is truncated"},
    {"a cut length", whole.substr(0, 9), "x.npy: the .npy header is truncated"},
    {"a cut dictionary", whole.substr(0, 40), "x.npy: the .npy header is truncated"},
    {"version 9", npy_file("{}", "", 9), "x.npy: .npy version 9 is not known; write version 1, 2 or 3"},
    {"an endless header", "\x93NUMPY\x02" + std::string("\0\xff\xff\xff\x7f", 5),
     "x.npy: the .npy header says that it has 2147483647 bytes; at most 65536 are read"},
    {"cut data", whole.substr(0, whole.size() - 1), "x.npy: shape [2] of FP32 needs 8 bytes, found 7; the file is truncated"},
    {"too much data", whole + "x", "x.npy: shape [2] of FP32 needs 8 bytes, found 9; the file has more than one array"},
    {"Fortran order", npy_file(dictionary("<f4", "True", "(1, 2)"), floats({1, 2})),
     "x.npy: the array is in Fortran order; save numpy.ascontiguousarray(x)"},
    {"big endian", npy_file(dictionary(">f4", "False", "(2,)"), floats({1, 2})),
     "x.npy: the array is big-endian (>f4); save it as x.astype(x.dtype.newbyteorder('<'))"},
    {"Python objects", npy_file(dictionary("|O", "False", "(2,)"), "pickled"),
     "x.npy: the array holds Python objects; save one of numbers, e.g. numpy.asarray(x, dtype=numpy.float32)"},
    {"complex numbers", npy_file(dictionary("<c8", "False", "(1,)"), floats({1, 2})),
     "x.npy: dtype <c8 is not served; convert it, e.g. x.astype('<f4')"},
    {"an overflowing shape", npy_file(dictionary("<f4", "False", "(4611686018427387904, 4)"), ""),
     "x.npy: shape [4611686018427387904, 4] is too large"},
    {"an overflow behind a 0", npy_file(dictionary("<f4", "False", "(0, 4611686018427387904, 4)"), ""),
     "x.npy: shape [0, 4611686018427387904, 4] is too large"},
};

const std::string bad_dictionaries[] = {
    "",
    "{",
    "not Python",
    "{'descr': '<f4', 'fortran_order': False}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}",
    "{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}",
    "{'descr': '', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'extra': 1}",
};

} // namespace

BOOST_DATA_TEST_CASE(a_bad_file_is_refused_with_what_to_do, data::make(refusals), row) {
  auto parsed = parse_npy(row.file, "x.npy");
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST(parsed.failure().message == row.message);
}

BOOST_DATA_TEST_CASE(a_header_that_numpy_would_not_write_is_refused, data::make(bad_dictionaries), text) {
  auto parsed = parse_npy(npy_file(text, floats({1, 2})), "x.npy");
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST(parsed.failure().message.find("x.npy: the .npy header is none of a plain array") == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_too_large_or_unwritable_is_named) {
  test::temporary_folder folder;
  auto path = (folder.path() / "x.npy").string();
  auto names_it = [&](const error& failure) { return failure.message.find(path) != std::string::npos; };
  BOOST_TEST(names_it(read_npy_file(path, 1000).failure()));
  named_tensor tensor{"", datatype::uint8, {2000}, std::vector<std::byte>(2000)};
  BOOST_REQUIRE(write_npy_file(path, tensor).ok());
  BOOST_TEST(names_it(read_npy_file(path, 1000).failure()));
  BOOST_TEST(read_npy_file(path, 3000).ok());
  path += "/below";
  BOOST_TEST(names_it(write_npy_file(path, tensor).failure()));
}

BOOST_DATA_TEST_CASE(versions_1_to_3_are_read, data::make({1, 2, 3}), major) {
  auto parsed = parse_npy(npy_file(dictionary("<f4", "False", "(1, 2)"), floats({1.5F, -2}), static_cast<char>(major)), "x.npy");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST((parsed->type == datatype::fp32));
  BOOST_TEST(to_string(parsed->dims) == "[1, 2]");
  float first = 0;
  std::memcpy(&first, parsed->data.data(), sizeof first);
  BOOST_TEST(first == 1.5F);
}

BOOST_AUTO_TEST_CASE(scalars_and_arrays_of_nothing_are_read) {
  auto scalar = parse_npy(npy_file(dictionary("<i8", "False", "()"), std::string(8, '\0')), "x.npy");
  BOOST_REQUIRE(scalar.ok());
  BOOST_TEST(scalar->dims.empty());
  auto nothing = parse_npy(npy_file(dictionary("|u1", "False", "(0, 7)"), ""), "x.npy");
  BOOST_REQUIRE(nothing.ok());
  BOOST_TEST(nothing->data.empty());
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same_for_every_datatype_of_numpys) {
  for (auto type : {datatype::boolean, datatype::uint8, datatype::int8, datatype::int16, datatype::int32, datatype::int64,
                    datatype::fp16, datatype::fp32, datatype::fp64}) {
    named_tensor tensor{"", type, {2, 3}, std::vector<std::byte>(6 * element_size(type), std::byte{1})};
    auto file = to_npy(tensor);
    auto header = parse_npy_header(file);
    BOOST_REQUIRE(header.ok());
    BOOST_TEST(header->size % 64 == 0U);
    auto parsed = parse_npy(file, "x.npy");
    BOOST_REQUIRE(parsed.ok());
    BOOST_TEST((parsed->type == type && parsed->dims == tensor.dims && parsed->data == tensor.data));
  }
}

BOOST_AUTO_TEST_CASE(bf16_is_written_as_the_fp32_that_equals_it) {
  named_tensor tensor{"", datatype::bf16, {1}, {std::byte{0x80}, std::byte{0x3f}}}; // 1.0
  auto parsed = parse_npy(to_npy(tensor), "x.npy");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST((parsed->type == datatype::fp32));
  float value = 0;
  std::memcpy(&value, parsed->data.data(), sizeof value);
  BOOST_TEST(value == 1.0F);
}

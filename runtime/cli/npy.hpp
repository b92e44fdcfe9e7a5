#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <string>
#include <string_view>

/// NumPy's array files (numpy.lib.format, versions 1 to 3): what `numpy.save` writes.
namespace troupe {

/// The array of an `.npy` file's bytes; the name stays empty. Little-endian, C order, and of a datatype that Troupe serves; every
/// other file is refused (invalid_argument) with the Python that makes it right. `where` begins the message: the file's name.
result<named_tensor> parse_npy(std::string_view bytes, const std::string& where);

/// The file's bytes. BF16, which NumPy lacks, is written as FP32, which holds it exactly.
std::string to_npy(const named_tensor& tensor);

/// Reads the file, of at most `bytes_max` bytes. Fails as `parse_npy` and `read_text_file` do.
result<named_tensor> read_npy_file(const std::string& path, std::uint64_t bytes_max);

/// Writes the file; io_failed names it.
result<void> write_npy_file(const std::string& path, const named_tensor& tensor);

} // namespace troupe

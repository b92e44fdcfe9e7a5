#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// What a model's exception says to a person, without the inside of libtorch (its C++ stack, TorchScript's frames): the model's
/// own last line, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)". Never empty, at most `bytes_max`.
std::string error_text(std::string_view what, std::size_t bytes_max);

/// The same for whoever made the model: what stands before the C++ stack, TorchScript's frames included.
std::string load_error_text(std::string_view what, std::size_t bytes_max);

/// Whether this is how libtorch says that an allocation failed.
bool is_out_of_memory(std::string_view what);

} // namespace troupe

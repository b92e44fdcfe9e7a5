#include "runtime/base/text_file.hpp"

#include "runtime/base/units.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace troupe {

result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::error_code failure;
  auto type = std::filesystem::status(path, failure).type();
  if (type == std::filesystem::file_type::not_found)
    return error{error_code::not_found, "no file '" + path + "'"};
  if (type != std::filesystem::file_type::regular && !failure)
    return error{error_code::invalid_argument, "'" + path + "' is no regular file"};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && file.fail())
    return error{error_code::io_failed, "can't read '" + path + "': " + std::generic_category().message(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max)
    return error{error_code::invalid_argument, "'" + path + "' is larger than " + human_size(bytes_max) + ", the most it may be"};
  return text;
}

} // namespace troupe

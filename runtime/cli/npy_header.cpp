#include "runtime/cli/npy_header.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace troupe {

namespace {

constexpr std::size_t version_end = 8; // magic, major, minor

error refusal(const std::string& text) {
  return {error_code::invalid_argument, text};
}

/// Reads the Python dictionary literal that numpy.save writes; nothing more of Python.
class dictionary_reader {
public:
  explicit dictionary_reader(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_blanks();
    if (text_.empty() || text_[0] != c)
      return false;
    text_.remove_prefix(1);
    return true;
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(0, word.size()) != word)
      return false;
    text_.remove_prefix(word.size());
    return true;
  }

  /// 'text' in single quotes, not empty.
  bool take_string(std::string& value) {
    if (!take('\''))
      return false;
    auto end = text_.find('\'');
    if (end == std::string_view::npos || end == 0)
      return false;
    value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return true;
  }

  /// True or False.
  bool take_bool(bool& value) {
    value = take_word("True");
    return value || take_word("False");
  }

  /// (), (3,) or (3, 4); at most rank_max numbers, none negative.
  bool take_shape(shape& dims) {
    dims.clear();
    if (!take('('))
      return false;
    while (!take(')')) {
      std::int64_t dim = 0;
      if (dims.size() == rank_max || !take_number(dim))
        return false;
      dims.push_back(dim);
      if (!take(',') && !at(')'))
        return false;
    }
    return true;
  }

  bool at(char c) {
    skip_blanks();
    return !text_.empty() && text_[0] == c;
  }

private:
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }

  bool take_number(std::int64_t& value) {
    skip_blanks();
    auto [end, failure] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return failure == std::errc{} && value >= 0;
  }

  std::string_view text_;
};

/// Reads one "'key': value" and tells the key, or "" if it is none of ours; structured descr lists fail here, as they must.
std::string take_entry(dictionary_reader& reader, npy_header& header) {
  std::string key;
  if (!reader.take_string(key) || !reader.take(':'))
    return "";
  bool taken = key == "descr"           ? reader.take_string(header.descr)
               : key == "fortran_order" ? reader.take_bool(header.fortran_order)
               : key == "shape"         ? reader.take_shape(header.dims)
                                        : false;
  return taken ? key : "";
}

/// The three entries, each once, in any order.
bool take_dictionary(std::string_view text, npy_header& header) {
  dictionary_reader reader(text);
  if (!reader.take('{'))
    return false;
  std::set<std::string> keys;
  do {
    auto key = take_entry(reader, header);
    if (key.empty() || !keys.insert(key).second)
      return false;
  } while (reader.take(',') && !reader.at('}'));
  return reader.take('}') && keys.size() == 3;
}

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

} // namespace

result<npy_header> parse_npy_header(std::string_view bytes) {
  if (bytes.substr(0, npy_magic.size()) != npy_magic)
    return refusal("not an .npy file; write one with numpy.save");
  if (bytes.size() < version_end)
    return refusal("the .npy header is truncated");
  auto major = static_cast<unsigned char>(bytes[npy_magic.size()]);
  if (major < 1 || major > 3)
    return refusal(".npy version " + std::to_string(major) + " is not known; write version 1, 2 or 3");
  std::size_t length_size = major == 1 ? 2 : 4;
  auto start = version_end + length_size;
  if (bytes.size() < start)
    return refusal("the .npy header is truncated");
  auto length = little_endian(bytes.substr(version_end, length_size));
  if (length > npy_header_bytes_max)
    return refusal("the .npy header says that it has " + std::to_string(length) + " bytes; at most "
                   + std::to_string(npy_header_bytes_max) + " are read");
  if (bytes.size() < start + length)
    return refusal("the .npy header is truncated");
  npy_header header;
  header.size = start + length;
  if (!take_dictionary(bytes.substr(start, length), header))
    return refusal("the .npy header is none of a plain array of at most " + std::to_string(rank_max)
                   + " dimensions; save one with numpy.save (no record types)");
  return header;
}

} // namespace troupe

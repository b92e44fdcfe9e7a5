#include "runtime/gateway/content_coding.hpp"

#include "runtime/base/units.hpp"
#include "runtime/gateway/http_text.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>

namespace troupe {

namespace {

constexpr int window_bits = 15;
constexpr int gzip_flag = 16; // zlib's: added to the window's size
constexpr int memory_level = 8;
constexpr std::size_t first_bytes = 64 * 1024;

int window_of(content_coding coding) {
  return coding == content_coding::gzip ? window_bits | gzip_flag : window_bits;
}

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // zlib only reads them
}

/// zlib counts in 32 bits; bodies are at most 1 GiB.
uInt count_of(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, UINT32_MAX));
}

/// "q=0.5"; 1 if there is none.
double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    auto parameter = next_part(parameters, ';');
    if (parameter.size() > 2 && same_word(parameter.substr(0, 2), "q="))
      return std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
  }
  return 1;
}

error not_packed(content_coding coding, const char* what) {
  return {error_code::invalid_argument, std::string("the body is said to be ") + to_string(coding) + ", but " + what};
}

error too_large(std::size_t bytes_max) {
  return {error_code::invalid_argument,
          "unpacked, the body is larger than " + human_size(bytes_max) + ", the most that this node takes (message_bytes)"};
}

/// zlib's inflate, with what it holds.
struct unpacker {
  z_stream stream{};
  bool open = false;

  explicit unpacker(content_coding coding) { open = ::inflateInit2(&stream, window_of(coding)) == Z_OK; }
  unpacker(const unpacker&) = delete;
  ~unpacker() {
    if (open)
      ::inflateEnd(&stream);
  }
};

} // namespace

const char* to_string(content_coding coding) {
  switch (coding) {
  case content_coding::gzip: return "gzip";
  case content_coding::deflate: return "deflate";
  case content_coding::identity: break;
  }
  return "";
}

result<content_coding> content_coding_from(std::string_view header) {
  auto name = trimmed(header);
  if (name.empty() || same_word(name, "identity"))
    return content_coding::identity;
  if (same_word(name, "gzip") || same_word(name, "x-gzip"))
    return content_coding::gzip;
  if (same_word(name, "deflate"))
    return content_coding::deflate;
  return error{error_code::invalid_argument, "expected a Content-Encoding of gzip, deflate or identity"};
}

content_coding accepted_coding(std::string_view header) {
  double gzip = -1;
  double deflate = -1;
  double other = -1;
  while (!header.empty()) {
    auto entry = next_part(header, ',');
    auto name = next_part(entry, ';');
    auto weight = weight_of(entry);
    if (same_word(name, "gzip"))
      gzip = weight;
    else if (same_word(name, "deflate"))
      deflate = weight;
    else if (name == "*")
      other = weight;
  }
  gzip = gzip < 0 ? other : gzip;
  deflate = deflate < 0 ? other : deflate;
  if (gzip > 0 && gzip >= deflate)
    return content_coding::gzip;
  return deflate > 0 ? content_coding::deflate : content_coding::identity;
}

std::string pack(std::string_view bytes, content_coding coding) {
  if (coding == content_coding::identity)
    return std::string(bytes);
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_of(coding), memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc(); // all that can fail
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = bytes_of(bytes);
  stream.avail_in = count_of(bytes.size());
  stream.next_out = bytes_of(packed);
  stream.avail_out = count_of(packed.size());
  ::deflate(&stream, Z_FINISH); // there is room for all
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

result<std::string> unpack(std::string_view bytes, content_coding coding, std::size_t bytes_max) {
  if (coding == content_coding::identity)
    return std::string(bytes);
  unpacker from(coding);
  if (!from.open)
    throw std::bad_alloc();
  auto& stream = from.stream;
  stream.next_in = bytes_of(bytes);
  stream.avail_in = count_of(bytes.size());
  std::string whole;
  for (int told = Z_OK; told != Z_STREAM_END;) {
    if (whole.size() > bytes_max)
      return too_large(bytes_max);
    auto had = whole.size();
    whole.resize(std::min(std::max(had * 2, first_bytes), bytes_max + 1));
    stream.next_out = bytes_of(whole) + had;
    stream.avail_out = count_of(whole.size() - had);
    told = ::inflate(&stream, Z_NO_FLUSH);
    whole.resize(whole.size() - stream.avail_out);
    if (told == Z_BUF_ERROR || (told == Z_OK && stream.avail_in == 0 && stream.avail_out > 0))
      return not_packed(coding, "it ends in the middle");
    if (told != Z_OK && told != Z_STREAM_END)
      return not_packed(coding, "it isn't");
  }
  if (stream.avail_in > 0)
    return not_packed(coding, "something stands behind it");
  if (whole.size() > bytes_max)
    return too_large(bytes_max);
  return whole;
}

} // namespace troupe

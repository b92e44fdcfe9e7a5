#include "runtime/gateway/chunk_decoder.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

namespace troupe {

namespace {

using progress = chunk_decoder::progress;

struct decoded {
  progress end = progress::more;
  std::string body;
  std::size_t taken = 0;
};

/// Decodes the bytes as they come in, so many at a time.
decoded decode(std::string_view bytes, std::size_t step) {
  chunk_decoder decoder;
  decoded result;
  while (result.end == progress::more && result.taken < bytes.size()) {
    auto piece = bytes.substr(result.taken, step);
    auto had = piece.size();
    std::string_view data;
    result.end = decoder.advance(piece, data);
    require(result.end != progress::more || !data.empty() || piece.empty(), "the decoder goes on");
    result.body += data;
    result.taken += had - piece.size();
  }
  return result;
}

/// The bytes in chunks of so many.
std::string encoded(std::string_view bytes, std::size_t step) {
  std::string text;
  char size[32];
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    auto piece = bytes.substr(0, step);
    std::snprintf(size, sizeof size, "%zx;x=y\r\n", piece.size());
    ((text += size) += piece) += "\r\n";
  }
  return text + "0\r\nTrailer: x\r\n\r\n";
}

} // namespace

/// The chunks of a body behind one byte that says in what pieces they come: whatever they are, the body is the same. The same bytes come back from
/// chunks that are well-formed.
void fuzz_one(std::string_view input) {
  auto step = std::size_t{take<std::uint8_t>(input)} + 1;
  auto at_once = decode(input, input.size() + 1);
  auto in_pieces = decode(input, step);
  require(at_once.end == in_pieces.end && at_once.body == in_pieces.body, "the pieces don't matter to a body");
  require(at_once.end != progress::whole || at_once.taken == in_pieces.taken, "the pieces don't matter to a body's end");
  auto chunks = encoded(input, step);
  auto back = decode(chunks + "next", 7);
  require(back.end == progress::whole && back.body == input && back.taken == chunks.size(), "what was sent in chunks comes back");
}

} // namespace troupe

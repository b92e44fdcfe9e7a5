#include "runtime/gateway/http_head.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

using progress = http_head_reader::progress;

/// Reads the bytes as they come in, so many at a time.
progress read(http_head_reader& reader, std::string_view bytes, std::size_t step) {
  for (std::size_t came = step; came < bytes.size(); came += step)
    if (auto found = reader.advance(bytes.substr(0, came)); found != progress::more)
      return found;
  return reader.advance(bytes);
}

bool same(const http_head& a, const http_head& b) {
  return a.verb == b.verb && a.only_head == b.only_head && a.target == b.target && a.is_1_1 == b.is_1_1 && a.stays == b.stays
         && a.awaits_continue == b.awaits_continue && a.chunked == b.chunked && a.length == b.length
         && a.inference_header_length == b.inference_header_length && a.content_encoding == b.content_encoding
         && a.accept_encoding == b.accept_encoding;
}

void check_whole(http_head_reader& reader, std::string_view bytes) {
  require(reader.size() <= bytes.size() && reader.size() <= http_head_bytes_max, "a head is as long as what it was read of");
  const auto& head = reader.head();
  require(!head.target.empty(), "there is a path");
  require(!head.chunked || head.length == 0, "a body has one length");
  (void)http_route_of(head.verb, head.target);
}

} // namespace

/// A request's head behind one byte that says in what pieces it comes: whatever they are, it is read in the same way.
void fuzz_one(std::string_view input) {
  auto step = std::size_t{take<std::uint8_t>(input)} + 1;
  http_head_reader at_once;
  http_head_reader in_pieces;
  auto one = at_once.advance(input);
  auto other = read(in_pieces, input, step);
  require(one == other, "the pieces don't matter to what becomes of a head");
  if (one == progress::whole) {
    check_whole(at_once, input);
    require(at_once.size() == in_pieces.size() && same(at_once.head(), in_pieces.head()), "the pieces don't matter to a head");
  }
  if (one == progress::refused) {
    require(at_once.refusal().status >= 400 && at_once.refusal().status < 600, "a refusal is one");
    require(at_once.refusal().body == in_pieces.refusal().body, "the pieces don't matter to a refusal");
  }
}

} // namespace troupe

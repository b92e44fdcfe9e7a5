#include "runtime/gateway/content_coding.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

constexpr std::size_t unpacked_bytes_max = 100'000;

void check_unpack(std::string_view bytes, content_coding coding) {
  auto whole = unpack(bytes, coding, unpacked_bytes_max);
  if (!whole) {
    require(whole.failure().code == error_code::invalid_argument && !whole.failure().message.empty(), "a refusal says why");
    return;
  }
  require(coding == content_coding::identity || whole->size() <= unpacked_bytes_max, "what is unpacked is bounded");
}

void check_round_trip(std::string_view bytes, content_coding coding) {
  auto back = unpack(pack(bytes, coding), coding, bytes.size());
  require(back.ok() && *back == bytes, "what was packed comes back");
}

} // namespace

/// A packed body, behind one byte that says how; the same bytes are a header, and are packed themselves.
void fuzz_one(std::string_view input) {
  auto coding = static_cast<content_coding>(take<std::uint8_t>(input) % 3);
  check_unpack(input, coding);
  check_round_trip(input, coding);
  (void)content_coding_from(input);
  (void)accepted_coding(input);
}

} // namespace troupe

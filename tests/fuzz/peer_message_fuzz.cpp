#include "runtime/gateway/peer_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

namespace troupe {

namespace {

template <class Schema, class What>
kj::Array<capnp::word> write_out(const What& what) {
  capnp::MallocMessageBuilder message;
  write(message.initRoot<Schema>(), what);
  return capnp::messageToFlatArray(message);
}

/// What can be read can be written, and is then the same.
template <class Schema, class Read>
void round_trip(kj::ArrayPtr<const capnp::word> words, Read read) {
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = 4 * words.size();
  capnp::FlatArrayMessageReader message(words, limits);
  auto first = read(message.template getRoot<Schema>());
  if (!first)
    return;
  auto written = write_out<Schema>(*first);
  capnp::FlatArrayMessageReader again(written);
  auto second = read(again.template getRoot<Schema>());
  require(second.ok(), "what was written can be read");
  require(write_out<Schema>(*second).asBytes() == written.asBytes(), "it is what it was");
}

} // namespace

/// What one node says to another: first a byte, 0 for a question, then the message.
void fuzz_one(std::string_view input) {
  bool is_question = take<std::uint8_t>(input) == 0;
  auto words = kj::heapArray<capnp::word>(input.size() / sizeof(capnp::word));
  if (words.size() > 0)
    std::memcpy(words.begin(), input.data(), words.asBytes().size());
  auto read = [&] {
    if (is_question)
      round_trip<schema::PeerQuestion>(words, read_question);
    else
      round_trip<schema::PeerAnswer>(words, read_answer);
  };
  (void)kj::runCatchingExceptions(read);
}

} // namespace troupe

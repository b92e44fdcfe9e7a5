#include "runtime/gateway/upload_service.hpp"

#include "runtime/gateway/error_map.hpp"

namespace troupe {

namespace {

/// A chunk, or the last fsync of a large file on a slow disk.
constexpr auto disk_patience = std::chrono::seconds(120);

} // namespace

template <class Question>
kj::Promise<result<done>> upload_service::ask_in_turn(Question question) {
  auto answered = kj::newPromiseAndFulfiller<void>();
  auto turn = kj::mv(last_answered_);
  last_answered_ = kj::mv(answered.promise);
  return turn
      .then([this, question = std::move(question)]() mutable {
        return context_.actors.ask<done>(keeper_, std::move(question), disk_patience);
      })
      .attach(kj::defer([next = kj::mv(answered.fulfiller)]() mutable { next->fulfill(); }));
}

kj::Promise<void> upload_service::write(WriteContext call) {
  auto chunk = call.getParams().getChunk();
  if (chunk.size() > context_.options.chunk_bytes_max) {
    write_error(call.getResults().initError(),
                {error_code::invalid_argument, "a chunk has " + std::to_string(chunk.size()) + " bytes, this node takes at most "
                                                   + std::to_string(context_.options.chunk_bytes_max)});
    return kj::READY_NOW;
  }
  auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(chunk.begin()), chunk.size());
  call.releaseParams();
  return ask_in_turn(upload_chunk{ticket_.id, std::move(bytes)}).then([call](result<done> outcome) mutable {
    if (!outcome)
      write_error(call.getResults().initError(), outcome.failure());
  });
}

kj::Promise<void> upload_service::finish(FinishContext call) {
  return ask_in_turn(finish_upload{ticket_.id}).then([call](result<done> outcome) mutable {
    if (!outcome)
      write_error(call.getResults().initError(), outcome.failure());
  });
}

} // namespace troupe

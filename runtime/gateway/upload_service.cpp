#include "runtime/gateway/upload_service.hpp"

#include "runtime/gateway/error_map.hpp"

namespace troupe {

namespace {

/// A chunk, or the last fsync of a large file on a slow disk.
constexpr auto disk_patience = std::chrono::seconds(120);

} // namespace

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
  return context_.actors.ask<done>(keeper_, upload_chunk{ticket_.id, std::move(bytes)}, disk_patience)
      .then([call](result<done> outcome) mutable {
        if (!outcome)
          write_error(call.getResults().initError(), outcome.failure());
      });
}

kj::Promise<void> upload_service::finish(FinishContext call) {
  return context_.actors.ask<done>(keeper_, finish_upload{ticket_.id}, disk_patience).then([call](result<done> outcome) mutable {
    if (!outcome)
      write_error(call.getResults().initError(), outcome.failure());
  });
}

} // namespace troupe

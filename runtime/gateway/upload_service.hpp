#pragma once

#include "runtime/gateway/control_service.hpp"

namespace troupe {

/// An artifact on its way in. Dropped before it is finished, it leaves nothing behind. Calls may be pipelined: each reaches the
/// keeper once the one before has been answered.
class upload_service final : public schema::Upload::Server {
public:
  upload_service(control_context& context, keeper_actor keeper, upload_ticket ticket)
    : context_(context), keeper_(std::move(keeper)), ticket_(std::move(ticket)) {}

protected:
  kj::Promise<void> write(WriteContext call) override;
  kj::Promise<void> finish(FinishContext call) override;

private:
  /// Asks the keeper when it is this question's turn: actors keep no order among what different askers send.
  template <class Question>
  kj::Promise<result<done>> ask_in_turn(Question question);

  control_context& context_;
  keeper_actor keeper_; ///< the one that has the ticket: another would not know it
  upload_ticket ticket_;
  kj::Promise<void> last_answered_ = kj::READY_NOW; ///< when the newest call has been answered
};

} // namespace troupe

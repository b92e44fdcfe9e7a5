#pragma once

#include "runtime/gateway/control_service.hpp"

namespace troupe {

/// An artifact on its way in. Dropped before it is finished, it leaves nothing behind.
class upload_service final : public schema::Upload::Server {
public:
  upload_service(control_context& context, keeper_actor keeper, upload_ticket ticket)
    : context_(context), keeper_(std::move(keeper)), ticket_(std::move(ticket)) {}

protected:
  kj::Promise<void> write(WriteContext call) override;
  kj::Promise<void> finish(FinishContext call) override;

private:
  control_context& context_;
  keeper_actor keeper_; ///< the one that has the ticket: another would not know it
  upload_ticket ticket_;
};

} // namespace troupe

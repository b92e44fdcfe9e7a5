#pragma once

#include "runtime/gateway/caller.hpp"
#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/inference_service.hpp"
#include "schemas/control.capnp.h"

namespace troupe {

/// The bootstrap capability: hands out sessions to whoever may have one, by what the connection has proven.
class login_service final : public schema::Login::Server {
public:
  /// `logged_in` hears of the first login.
  login_service(inference_context& inference, control_context& control, caller who, kj::Own<kj::PromiseFulfiller<void>> logged_in)
    : inference_(inference), control_(control), who_(std::move(who)), logged_in_(kj::mv(logged_in)) {}

protected:
  kj::Promise<void> anonymous(AnonymousContext call) override;

private:
  inference_context& inference_;
  control_context& control_;
  const caller who_;
  kj::Own<kj::PromiseFulfiller<void>> logged_in_;
};

/// What a caller may do. Authorization has its one place here: a capability that a session doesn't hand out can't be called.
class session_service final : public schema::Session::Server {
public:
  /// `client`: who asks, for the node's records.
  session_service(inference_context& inference, control_context& control, caller who, std::string client)
    : inference_(inference), control_(control), who_(std::move(who)), client_(std::move(client)) {}

protected:
  kj::Promise<void> inference(InferenceContext call) override;
  kj::Promise<void> control(ControlContext call) override;
  kj::Promise<void> limits(LimitsContext call) override;

private:
  inference_context& inference_;
  control_context& control_;
  const caller who_;
  const std::string client_;
};

} // namespace troupe

#pragma once

#include "runtime/gateway/control_service.hpp"
#include "runtime/gateway/inference_service.hpp"
#include "schemas/control.capnp.h"

namespace troupe {

/// The bootstrap capability: hands out sessions. Until there are users, an anonymous one on loopback (where alone a node listens).
class login_service final : public schema::Login::Server {
public:
  /// `logged_in` hears of the first login.
  login_service(inference_context& inference, control_context& control, kj::Own<kj::PromiseFulfiller<void>> logged_in)
    : inference_(inference), control_(control), logged_in_(kj::mv(logged_in)) {}

protected:
  kj::Promise<void> anonymous(AnonymousContext call) override;

private:
  inference_context& inference_;
  control_context& control_;
  kj::Own<kj::PromiseFulfiller<void>> logged_in_;
};

/// What a caller may do. Authorization has its one place here: a capability that a session doesn't hand out can't be called.
class session_service final : public schema::Session::Server {
public:
  session_service(inference_context& inference, control_context& control, std::string client)
    : inference_(inference), control_(control), client_(std::move(client)) {}

protected:
  kj::Promise<void> inference(InferenceContext call) override;
  kj::Promise<void> control(ControlContext call) override;
  kj::Promise<void> limits(LimitsContext call) override;

private:
  inference_context& inference_;
  control_context& control_;
  const std::string client_;
};

} // namespace troupe

#pragma once

#include "runtime/gateway/control_service.hpp"

namespace troupe {

/// The Control capability of who may only look: every call but these few is answered `permission_denied`, those that a later schema adds, too.
class reading_control final : public control_service {
public:
  using control_service::control_service;

  DispatchCallResult dispatchCall(std::uint64_t interface_id, std::uint16_t method_id,
                                  capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> call) override;
};

} // namespace troupe

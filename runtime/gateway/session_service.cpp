#include "runtime/gateway/session_service.hpp"

#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/reading_control.hpp"

#include <algorithm>

namespace troupe {

kj::Promise<void> login_service::anonymous(AnonymousContext call) {
  constexpr std::size_t client_bytes_max = 256;
  if (who_.may < access::reading) {
    write_error(call.getResults().initError(),
                {error_code::unauthenticated,
                 who_.why_not.empty() ? "this node wants a user's certificate; get one with `troupe login`" : who_.why_not});
    return kj::READY_NOW;
  }
  auto client = call.getParams().getClient();
  std::string said(client.begin(), std::min(client.size(), client_bytes_max));
  auto name = who_.name.empty() ? std::move(said) : who_.name + ": " + said;
  call.getResults().setSession(kj::heap<session_service>(inference_, control_, who_, std::move(name)));
  logged_in_->fulfill();
  return kj::READY_NOW;
}

kj::Promise<void> session_service::inference(InferenceContext call) {
  call.getResults().setInference(kj::heap<inference_service>(inference_, who_.name.empty() ? client_ : who_.name));
  return kj::READY_NOW;
}

kj::Promise<void> session_service::control(ControlContext call) {
  if (who_.may == access::all)
    call.getResults().setControl(kj::heap<control_service>(control_, client_));
  else
    call.getResults().setControl(kj::heap<reading_control>(control_, client_));
  return kj::READY_NOW;
}

kj::Promise<void> session_service::limits(LimitsContext call) {
  const auto& options = inference_.door.options();
  auto limits = call.getResults().initLimits();
  limits.setMessageBytesMax(options.message_bytes_max);
  limits.setArtifactBytesMax(options.artifact_bytes_max);
  limits.setChunkBytesMax(options.chunk_bytes_max);
  limits.setDefaultDeadlineUs(static_cast<std::uint64_t>(options.default_deadline.count()));
  return kj::READY_NOW;
}

} // namespace troupe

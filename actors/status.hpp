#pragma once

#include "actors/protocol.hpp"

#include <caf/typed_response_promise.hpp>

namespace troupe {

/// Answers `get_status` with `own`, and below it what the supervisor `below` tells within three quarters of the patience.
template <class Self>
caf::result<actor_status> status_with(Self* self, actor_status own, const supervisor_actor& below,
                                      std::chrono::nanoseconds patience) {
  auto answer = self->template make_response_promise<actor_status>();
  auto inner = patience * 3 / 4;
  self->request(below, inner, get_status{inner})
      .then(
          [answer, own](actor_status& children) mutable {
            own.children.push_back(std::move(children));
            answer.deliver(std::move(own));
          },
          [answer, own](const caf::error&) mutable {
            own.detail += (own.detail.empty() ? "" : "; ") + std::string("its supervisor is silent");
            answer.deliver(std::move(own));
          });
  return answer;
}

} // namespace troupe

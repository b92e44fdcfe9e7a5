#pragma once

#include "actors/transport.hpp"

#include <utility>

namespace troupe {

/// A question on its way to another node. Whatever becomes of it, who asked is told once: `unavailable` only if the node hasn't heard it.
class pending_question {
public:
  pending_question(peer_question what_, std::chrono::milliseconds patience_, std::function<void(result<peer_answer>)> told)
    : what(std::move(what_)), patience(patience_), told_(std::move(told)) {}
  pending_question(const pending_question&) = delete;
  ~pending_question() {
    tell(error{sent ? error_code::deadline_exceeded : error_code::unavailable,
               "the connection to the node was closed before it answered; retry"});
  }

  /// Only the first time counts.
  void tell(result<peer_answer> answer) {
    if (auto told = std::exchange(told_, nullptr))
      told(std::move(answer));
  }

  const peer_question what;
  const std::chrono::milliseconds patience;
  bool sent = false; ///< then whether it was heard isn't known

private:
  std::function<void(result<peer_answer>)> told_;
};

} // namespace troupe

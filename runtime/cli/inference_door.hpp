#pragma once

#include "runtime/base/tensor.hpp"
#include "runtime/cli/client_loop.hpp"
#include "runtime/cli/inference_question.hpp"
#include "runtime/cli/load.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// A node's door for inference, over one protocol. Used on its loop's thread only. Everything fails by command_failure.
class inference_door {
public:
  virtual ~inference_door() noexcept(false) = default; // as KJ's destructors are

  virtual client_loop& loop() = 0;
  /// Most bytes of a request that the node takes, if the protocol tells.
  virtual std::uint64_t request_bytes_max() const = 0;
  virtual model_signature signature(const std::string& deployment) = 0;

  /// What `ask` and `channels` ask from now on. Ends the command if it is larger than the node takes. Once.
  virtual void prepare(const inference_question& question) = 0;
  /// Asks once; the node's refusal ends the command, too.
  virtual inference_answer ask() = 0;
  /// The door's connections; they live as long as it does.
  virtual std::vector<load_channel*> channels() = 0;
  /// The longest that an answer may take: beyond the question's deadline, so that the node's own word comes first.
  virtual std::chrono::nanoseconds patience() const = 0;
};

/// How much longer than a request's deadline we wait.
inline constexpr std::chrono::seconds answer_grace{10};

/// Ends the command if the door takes no request of this size.
void require_request_size(const inference_door& door, std::uint64_t bytes);

} // namespace troupe

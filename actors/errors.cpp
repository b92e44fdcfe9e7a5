#include "actors/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

namespace troupe {

namespace {

bool is_ours(const caf::error& reason) {
  return reason.category() == caf::atom("troupe");
}

error from_ours(const caf::error& reason) {
  const auto& context = reason.context();
  auto message = context.match_elements<std::string>() ? context.get_as<std::string>(0) : std::string();
  return {static_cast<error_code>(reason.code()), std::move(message)};
}

} // namespace

error to_error(const caf::error& reason) {
  if (!reason)
    return {error_code::unavailable, "what was asked has stopped; retry"};
  if (is_ours(reason))
    return from_ours(reason);
  if (reason == caf::sec::request_timeout)
    return {error_code::deadline_exceeded, "no answer in time from inside the node; retry"};
  if (reason == caf::sec::invalid_argument) // an empty handle: its actor has not been started yet
    return {error_code::unavailable, "the node is still starting; retry"};
  if (reason == caf::sec::request_receiver_down || reason.category() == caf::atom("exit"))
    return {error_code::unavailable, "what was asked has just ended, and starts again unless the node stops; retry"};
  return {error_code::internal, "the node failed on this; its log has the details"};
}

std::string describe(const caf::error& reason) {
  if (!reason)
    return "normal";
  if (is_ours(reason))
    return to_string(from_ours(reason));
  if (reason.category() == caf::atom("exit"))
    return caf::to_string(static_cast<caf::exit_reason>(reason.code()));
  if (reason.category() == caf::atom("system"))
    return caf::to_string(static_cast<caf::sec>(reason.code()));
  return caf::to_string(reason);
}

bool is_normal_exit(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::user_shutdown;
}

} // namespace troupe

#include "runtime/cli/client_loop.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/node_route.hpp"

#include <string_view>

namespace troupe {

namespace {

/// What a node says as it ends the connection, without KJ's words before it; "" if it just ended.
std::string last_words(const kj::Exception& e) {
  constexpr std::string_view before = "remote exception: ";
  std::string_view text(e.getDescription().begin(), e.getDescription().size());
  auto found = text.find(before);
  return found == std::string_view::npos ? "" : printable(text.substr(found + before.size()));
}

} // namespace

std::optional<command_failure> refusal_in(const kj::Exception& e, const std::string& address) {
  if (auto trouble = tls_trouble_of_user(e); !trouble.empty())
    return command_failure(exit_code::failed, "what listens at " + address + " and you don't trust each other: " + trouble);
  if (auto words = last_words(e); e.getType() == kj::Exception::Type::DISCONNECTED && !words.empty())
    return command_failure(exit_code::failed, "the node at " + address + " hung up: " + words);
  return std::nullopt;
}

command_failure failure_of(const kj::Exception& e, const std::string& address) {
  if (auto refusal = refusal_in(e, address))
    return *refusal;
  switch (e.getType()) {
  case kj::Exception::Type::DISCONNECTED:
    return {exit_code::no_node, "the connection to " + address + " was lost; see `troupe status` whether the node is up"};
  default:
    return {exit_code::failed, "the node at " + address
                                   + " could not do this: " + printable({e.getDescription().begin(), e.getDescription().size()})};
  }
}

command_failure timeout_failure(std::chrono::nanoseconds timeout, const std::string& address) {
  return {exit_code::timed_out, "no answer from " + address + " within " + human_duration(timeout)};
}

void client_loop::on_interrupt(std::string message) {
  interrupt_message_ = std::move(message);
  if (!interrupt_)
    interrupt_.emplace(io_.unixEventPort);
}

kj::Promise<void> client_loop::interrupted() {
  return interrupt_ ? interrupt_->next() : kj::Promise<void>(kj::NEVER_DONE);
}

std::optional<command_failure> client_loop::interruption() const {
  if (interrupt_ && interrupt_->happened())
    return command_failure(exit_code::interrupted, interrupt_message_);
  return std::nullopt;
}

} // namespace troupe

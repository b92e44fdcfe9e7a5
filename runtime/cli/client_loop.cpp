#include "runtime/cli/client_loop.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

namespace troupe {

command_failure failure_of(const kj::Exception& e, const std::string& address) {
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

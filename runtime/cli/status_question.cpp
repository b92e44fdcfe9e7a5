#include "runtime/cli/status_question.hpp"

#include "runtime/cli/wire.hpp"

namespace troupe {

status_answer ask_status(client& node, const std::string& deployment) {
  auto call = node.control().statusRequest();
  call.setName(deployment);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  return answer;
}

} // namespace troupe

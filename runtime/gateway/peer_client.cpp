#include "runtime/gateway/peer_client.hpp"

#include <map>
#include <utility>
#include <variant>

namespace troupe {

struct peer_client::links {
  std::map<std::string, kj::Own<peer_link>> by_node;
  std::map<std::string, kj::Own<peer_link>> bulky_by_node; ///< for pieces of artifacts
};

peer_client::peer_client(kj_loop& loop, const clock& time, peer_self self, peer_trust trust, peer_dialler dial,
                         peer_client_options options)
  : loop_(loop), time_(time), self_(std::move(self)), trust_(std::move(trust)), dial_(std::move(dial)), options_(options) {
  loop_.post([this] {
    auto made = kj::heap<links>();
    links_ = made.get();
    loop_.keep(kj::Promise<void>(kj::NEVER_DONE).attach(kj::mv(made)));
  });
}

void peer_client::ask(const peer_address& whom, peer_question what, std::chrono::milliseconds patience,
                      std::function<void(result<peer_answer>)> told) {
  bool bulky = std::holds_alternative<read_artifact>(what);
  auto question = std::make_shared<pending_question>(std::move(what), patience, std::move(told));
  loop_.post([this, whom, question, bulky] { link_to(whom, bulky).ask(question); });
}

void peer_client::hang_up(const std::string& node_id) {
  loop_.post([this, node_id] {
    links_->by_node.erase(node_id);
    links_->bulky_by_node.erase(node_id);
  });
}

peer_link& peer_client::link_to(const peer_address& whom, bool bulky) {
  auto& found = (bulky ? links_->bulky_by_node : links_->by_node)[whom.node_id];
  if (found.get() == nullptr || found->whom().address != whom.address)
    found = kj::heap<peer_link>(loop_, time_, self_, trust_, dial_, options_, whom);
  return *found;
}

} // namespace troupe

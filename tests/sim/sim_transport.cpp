#include "tests/sim/sim_transport.hpp"

#include "tests/sim/sim_member.hpp"

namespace troupe {

namespace {

/// What may arrive twice without harm, and so does: whole states, and what is answered alike each time.
bool may_double(const peer_question& what) {
  return std::holds_alternative<assignment>(what) || std::holds_alternative<node_report>(what)
         || std::holds_alternative<probe>(what) || std::holds_alternative<ask_help>(what)
         || std::holds_alternative<exchange_members>(what);
}

error unreachable(const std::string& why) {
  return {error_code::unavailable, "cannot reach the node: " + why};
}

} // namespace

void sim_transport::ask(const peer_address& whom, peer_question what, std::chrono::milliseconds patience,
                        std::function<void(result<peer_answer>)> told) {
  if (self_.is_off())
    return;
  auto id = ++last_call_;
  auto other = all_.at(whom.address);
  calls_[id] = {other, std::move(told)};
  self_.time.after(patience, [this, id] { finish(id, error{error_code::deadline_exceeded, "no answer in time; retry"}); });
  if (other == nullptr || other->self.node_id != whom.node_id)
    self_.time.after(std::chrono::microseconds(100),
                     [this, id] { finish(id, unreachable("another node answers there, or none")); });
  else
    send(*other, id, what, patience);
}

void sim_transport::send(sim_member& to, call_id id, const peer_question& what, std::chrono::milliseconds patience) {
  auto arrive = [&from = self_, &to, life = self_.life(), known = to.life(), id, what, patience] {
    auto told = [&from, &to, life, id](const result<peer_answer>& outcome) { reply(to, from, life, id, outcome); };
    if (to.is_off() || to.life() != known)
      return told(unreachable("connection refused"));
    to.receive([&from, &to, what, patience, told] { to.answer(from, what, patience, told); });
  };
  self_.wire().send(self_.number, to.number, arrive, may_double(what));
}

void sim_transport::reply(sim_member& from, sim_member& to, std::uint64_t life, call_id id, const result<peer_answer>& outcome) {
  from.wire().send(from.number, to.number, [&to, life, id, outcome] {
    if (to.life() == life && !to.is_off())
      to.receive([&to, id, outcome] { to.questions().finish(id, outcome); });
  });
}

void sim_transport::hang_up(const std::string& node_id) {
  for (const auto& [id, open] : calls_)
    if (open.to != nullptr && open.to->self.node_id == node_id)
      self_.time.after(std::chrono::nanoseconds(0), [this, id = id] { finish(id, unreachable("this node hung up")); });
}

void sim_transport::lose(const sim_member& other) {
  for (const auto& [id, open] : calls_)
    if (open.to == &other)
      other.wire().send(other.number, self_.number, [&to = self_, life = self_.life(), id = id] {
        if (to.life() == life && !to.is_off())
          to.receive([&to, id] { to.questions().finish(id, unreachable("the connection broke")); });
      });
}

void sim_transport::finish(call_id id, result<peer_answer> outcome) {
  auto found = calls_.extract(id);
  if (!found.empty())
    found.mapped().told(std::move(outcome));
}

} // namespace troupe

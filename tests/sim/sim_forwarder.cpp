#include "tests/sim/sim_forwarder.hpp"

#include "tests/sim/sim_member.hpp"

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// A connection whose other end says nothing fails after so long.
constexpr auto silence_max = 5s;

sim_forwarded packed(const forwarder::outgoing& each, steady_time now) {
  const auto& request = *each.request;
  const auto& input = request.inputs[0];
  auto first = reinterpret_cast<const float*>(input.data);
  return {each.ticket,    {first, first + input.size / sizeof(float)},
          request.rows,   request.crashes,
          request.alone,  request.deadline - now,
          request.arrived};
}

/// Has that life of a machine run the task, if it still goes on when this gets there.
void tell(const sim_member& from, sim_member& to, std::uint64_t life, std::function<void()> task) {
  from.wire().send(from.number, to.number, [&to, life, task = std::move(task)] {
    if (to.life() == life && !to.is_off())
      to.receive(task);
  });
}

} // namespace

sim_call_key sim_forwarder::key_of(call_id id) const {
  return {self_.number, self_.life(), id};
}

void sim_forwarder::forward(const std::shared_ptr<remote_pool>& to, event_loop&, const std::vector<outgoing>& requests) {
  if (self_.is_off())
    return;
  auto id = ++last_call_;
  auto other = all_.at(to->peer().address());
  auto& made = calls_[id] = {other, to, {}};
  std::vector<sim_forwarded> sent;
  for (const auto& each : requests) {
    made.tickets.push_back(each.ticket);
    sent.push_back(packed(each, self_.time.now()));
  }
  self_.time.after(silence_max, [this, id] { fail(id); });
  if (other == nullptr)
    return self_.time.after(100us, [this, id] { fail(id); });
  auto arrive = [&from = self_, other, key = key_of(id), known = other->life(), which = to->id(), sent] {
    auto told = [&from, other, key](answers outcome) {
      tell(*other, from, key.life, [&from, key, outcome = std::move(outcome)] { from.requests().finish(key.number, outcome); });
    };
    if (other->is_off() || other->life() != known)
      return told({});
    other->receive([&from, other, key, which, sent, told] { other->serve(from, key, which, sent, told); });
  };
  self_.wire().send(self_.number, other->number, arrive);
}

void sim_forwarder::withdraw(const std::shared_ptr<remote_pool>& to, event_loop&, std::set<std::uint64_t> tickets) {
  if (self_.is_off())
    return;
  auto is_withdrawn = [&tickets](std::uint64_t ticket) { return tickets.count(ticket) != 0; };
  for (const auto& [id, open] : calls_)
    if (open.to == to && open.node != nullptr && std::any_of(open.tickets.begin(), open.tickets.end(), is_withdrawn))
      tell(self_, *open.node, open.node->life(),
           [other = open.node, key = key_of(id), tickets] { other->withdraw(key, tickets); });
}

void sim_forwarder::lose(const sim_member& other) {
  for (const auto& [id, open] : calls_)
    if (open.node == &other)
      tell(other, self_, self_.life(), [&to = self_, id = id] { to.requests().fail(id); });
}

void sim_forwarder::finish(call_id id, const answers& told) {
  if (told.empty())
    return fail(id);
  auto found = calls_.extract(id);
  if (found.empty())
    return;
  const auto& to = found.mapped().to;
  self_.loop.run([&] {
    for (const auto& each : told)
      if (each.why.message.empty())
        to->answered(each.ticket,
                     {make_view(datatype::fp32, {static_cast<std::int64_t>(each.values.size() / 2), 2},
                                reinterpret_cast<const std::byte*>(each.values.data()), each.values.size() * sizeof(float))});
      else
        to->failed(each.ticket, each.crashes, each.why);
  });
}

void sim_forwarder::fail(call_id id) {
  auto found = calls_.extract(id);
  if (found.empty())
    return;
  const auto& lost = found.mapped();
  lost.to->doubt();
  self_.loop.run([&lost] {
    for (auto ticket : lost.tickets)
      lost.to->failed(ticket, 0, {error_code::unavailable, "node '" + lost.to->peer().name() + "' can't be reached; retry"});
  });
}

} // namespace troupe

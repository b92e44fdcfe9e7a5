#include "tests/cluster/sim_cluster.hpp"

#include "runtime/base/hashes.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace troupe {
namespace {

constexpr std::size_t id_bytes = 32; // simulated ids are shorter than real ones, for the memory of thousands of nodes

std::size_t bytes_of(const std::vector<member_news>& news) {
  std::size_t bytes = 0;
  for (const auto& one : news) {
    bytes += id_bytes + one.name.size() + one.address.size() + sizeof(one.incarnation) + 2 + sizeof(node_load);
    for (const auto& [key, value] : one.labels)
      bytes += key.size() + value.size();
  }
  return bytes;
}

std::size_t bytes_of(const probe_message& message) {
  return sizeof(message.digest) + bytes_of(message.news);
}

} // namespace

sim_cluster::sim_cluster(const sim_cluster_options& options) : options_(options), random_(options.seed), nodes_(options.nodes) {
  std::vector<member_news> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    char id[16];
    std::snprintf(id, sizeof(id), "%08x%04x", static_cast<unsigned>(mixed(options.seed * 1000003 + i)), static_cast<unsigned>(i));
    nodes_[i].id = id;
    numbers_[id] = i;
    all.push_back(first_news(i));
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    start(i);
    nodes_[i].machine->merge(all, now());
    carry_out(i);
  }
}

void sim_cluster::run_for(std::chrono::nanoseconds duration) {
  auto end = now() + duration;
  while (auto next = time_.next()) {
    if (*next > end)
      break;
    time_.move_to(*next);
    time_.run_one();
  }
  time_.move_to(end);
}

std::optional<std::chrono::nanoseconds> sim_cluster::run_until(const std::function<bool()>& condition,
                                                               std::chrono::nanoseconds patience) {
  auto begin = now();
  while (!condition()) {
    if (now() - begin >= patience)
      return std::nullopt;
    run_for(std::chrono::milliseconds(10));
  }
  return now() - begin;
}

// -- what is seen ---------------------------------------------------------------------------------------------------------------------

member_state sim_cluster::state(std::size_t observer, std::size_t of) const {
  return nodes_[observer].machine->find(nodes_[of].id)->news.state;
}

bool sim_cluster::all_see(const std::vector<std::size_t>& observers, std::size_t of, member_state state) const {
  return std::all_of(observers.begin(), observers.end(),
                     [&](std::size_t observer) { return observer == of || this->state(observer, of) == state; });
}

bool sim_cluster::agree() const {
  const suspicion* first = nullptr;
  for (const auto& one : nodes_) {
    if (!one.machine)
      continue;
    if (first != nullptr && first->digest() != one.machine->digest())
      return false;
    first = one.machine.get();
  }
  return true;
}

// -- what happens to nodes ------------------------------------------------------------------------------------------------------------

void sim_cluster::freeze(std::size_t node) {
  nodes_[node].frozen = true;
}

void sim_cluster::thaw(std::size_t node) {
  nodes_[node].frozen = false;
  auto mail = std::exchange(nodes_[node].mail, {});
  for (const auto& what : mail)
    deliver(node, what);
}

void sim_cluster::crash(std::size_t node) {
  nodes_[node].machine = nullptr;
  nodes_[node].mail.clear();
  nodes_[node].frozen = false;
}

void sim_cluster::restart(std::size_t node, std::size_t by) {
  nodes_[node].life += 1000; // as if from the wall clock: higher than whatever it took in its life before
  start(node);
  nodes_[by].machine->admit(first_news(node), now());
  nodes_[node].machine->merge(nodes_[by].machine->everything(), now());
  carry_out(by);
  carry_out(node);
}

member_news sim_cluster::first_news(std::size_t node) const {
  member_news news;
  news.id = nodes_[node].id;
  news.name = "node" + std::to_string(node);
  news.address = "10.0." + std::to_string(node / 250) + "." + std::to_string(node % 250);
  news.incarnation = nodes_[node].life;
  return news;
}

void sim_cluster::start(std::size_t node) {
  nodes_[node].machine = std::make_unique<suspicion>(first_news(node), options_.suspicion, rng(random_.next()), now());
  arm(node);
}

void sim_cluster::arm(std::size_t node) {
  auto& one = nodes_[node];
  auto when = std::max(one.machine->wakes_at(), now());
  if (when >= one.wakes_at)
    return;
  one.wakes_at = when;
  time_.after(when - now(), [this, node, when] {
    if (nodes_[node].wakes_at != when)
      return;
    nodes_[node].wakes_at = steady_time::max();
    deliver(node, [](suspicion& machine, steady_time now) { machine.tick(now); });
  });
}

// -- messages -------------------------------------------------------------------------------------------------------------------------

void sim_cluster::deliver(std::size_t to, const deed& what) {
  auto& one = nodes_[to];
  if (!one.machine)
    return;
  if (one.frozen) {
    one.mail.push_back(what);
    return;
  }
  what(*one.machine, now());
  carry_out(to);
}

void sim_cluster::carry_out(std::size_t node) {
  auto plan = nodes_[node].machine->take();
  for (const auto& change : plan.changes)
    on_change(node, change);
  for (const auto& order : plan.probes)
    send_probe(node, order);
  for (const auto& order : plan.asks)
    send_ask(node, order);
  for (const auto& reply : plan.replies)
    send(
        node, number(reply.asker), id_bytes,
        [reply, helper = nodes_[node].id](suspicion& machine, steady_time now) {
          machine.on_help_answer(reply.sequence, helper, reply.outcome, now);
        },
        nullptr);
  for (const auto& other : plan.exchanges)
    send_everything(node, number(other), true);
  arm(node);
}

/// `refused` happens to the sender if nobody listens there.
void sim_cluster::send(std::size_t from, std::size_t to, std::size_t bytes, deed what, deed refused) {
  auto& traffic = nodes_[from].traffic;
  ++traffic.messages;
  traffic.bytes += bytes;
  if (!passes_(from, to) || random_.chance(options_.loss))
    return;
  auto spread = static_cast<std::uint64_t>((options_.delay_max - options_.delay_min).count());
  auto delay =
      options_.delay_min + std::chrono::nanoseconds(random_.below(spread + 1)) + nodes_[from].slowness + nodes_[to].slowness;
  time_.after(delay, [this, from, to, delay, what = std::move(what), refused = std::move(refused)]() mutable {
    if (nodes_[to].machine)
      deliver(to, what);
    else if (refused && passes_(to, from))
      time_.after(delay, [this, from, refused = std::move(refused)] { deliver(from, refused); });
  });
}

void sim_cluster::send_probe(std::size_t from, const probe_order& order) {
  ++nodes_[from].traffic.probes;
  auto to = number(order.to);
  auto sequence = order.sequence;
  auto on_arrival = [this, from, to, sequence, message = order.message](suspicion& machine, steady_time now) {
    auto answer = machine.on_probe(nodes_[from].id, message, now);
    auto bytes = bytes_of(answer);
    send(
        to, from, bytes,
        [sequence, answer = std::move(answer)](suspicion& prober, steady_time then) { prober.on_answer(sequence, answer, then); },
        nullptr);
  };
  send(from, to, bytes_of(order.message), std::move(on_arrival),
       [sequence](suspicion& machine, steady_time now) { machine.on_failed(sequence, now); });
}

void sim_cluster::send_ask(std::size_t from, const help_order& order) {
  send(
      from, number(order.helper), 2 * id_bytes,
      [this, from, order](suspicion& machine, steady_time now) {
        machine.on_help_asked(nodes_[from].id, order.sequence, order.target, now);
      },
      [order](suspicion& machine, steady_time now) {
        machine.on_help_answer(order.sequence, order.helper, help_outcome::not_tried, now);
      });
}

void sim_cluster::send_everything(std::size_t from, std::size_t to, bool wants_answer) {
  auto all = nodes_[from].machine->everything();
  auto bytes = bytes_of(all);
  auto on_arrival = [this, from, to, wants_answer, all = std::move(all)](suspicion& machine, steady_time now) {
    machine.merge(all, now);
    if (wants_answer)
      send_everything(to, from, false);
  };
  send(from, to, bytes, std::move(on_arrival), nullptr);
}

} // namespace troupe

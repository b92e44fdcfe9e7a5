#pragma once

#include "tests/sim/sim_artifacts.hpp"
#include "tests/sim/sim_client.hpp"
#include "tests/sim/sim_forward_desk.hpp"
#include "tests/sim/sim_forwarder.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/sim/sim_transport.hpp"
#include "tests/sim/sim_wire.hpp"
#include "tests/support/fake_hosts.hpp"
#include "tests/support/faulty_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Who hears what members do.
class member_listener {
public:
  virtual ~member_listener() = default;
  virtual void on_event(const sim_member& of, const event& what) = 0;
  /// A node is given an assignment; it hasn't seen it yet.
  virtual void on_assigning(const sim_member& to, const assignment& what) = 0;
  /// It has answered.
  virtual void on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer) = 0;
  /// A request that another node's client sent at `sent`, by that machine's time, has come here.
  virtual void on_forwarded(const sim_member& from, const version_id& which, steady_time sent) = 0;
  virtual void on_complaint(const std::string& what) = 0;
};

/// A machine of a cluster: its node's lives, its model processes, its disk, and the clients that ask it. It has a time of its own, so that it can be frozen: its
/// time stands still then, and what comes meanwhile waits.
///
///     off --start--> up --freeze--> frozen --thaw--> up      up, frozen --stop--> off
class sim_member {
public:
  sim_member(sim_artifacts& artifacts, sim_members& all, sim_wire& wire, member_listener& listener, std::size_t number,
             steady_time now, std::uint64_t seed);
  ~sim_member();

  bool is_off() const { return life_ == nullptr; }
  bool is_frozen() const { return frozen_; }
  bool is_awake() const { return !is_off() && !frozen_; }

  /// The node starts as what its disk says it is: a member of a cluster.
  void start();
  /// The machine loses its power.
  void stop();
  void freeze() { frozen_ = true; }
  /// The process goes on at `now`.
  void thaw(steady_time now);

  /// When something is due; far in the future: nothing.
  steady_time wakes_at() const;
  /// Does what is due at `now`. A frozen one does nothing.
  void advance(steady_time now, double laziness);
  /// Looks after what waits, as a node's ticker does.
  void tick();

  /// Something has come over the wire: it is read as soon as the process can.
  void receive(std::function<void()> task) { time.after(std::chrono::nanoseconds(0), std::move(task)); }
  /// Another node asks.
  void answer(const sim_member& from, const peer_question& what, std::chrono::milliseconds patience,
              std::function<void(result<peer_answer>)> told);
  /// Another node forwards.
  void serve(const sim_member& from, const sim_call_key& key, const version_id& which, const std::vector<sim_forwarded>& requests,
             std::function<void(sim_forwarder::answers)> told);
  /// It waits no longer for some of what it has forwarded.
  void withdraw(const sim_call_key& key, const std::set<std::uint64_t>& tickets) { life_->forwarded.withdraw(key, tickets); }
  /// That node's process is gone: connections to it break.
  void lose(const sim_member& other);

  sim_node& node() { return *life_->node; }
  const sim_node& node() const { return *life_->node; }
  sim_transport& questions() { return life_->questions; }
  sim_forwarder& requests() { return life_->requests; }
  sim_wire& wire() const { return wire_; }
  /// Grows with each start.
  std::uint64_t life() const { return lives_; }
  std::string name() const { return self.name; }
  cluster_store records() { return cluster_store(disk); }

  const std::size_t number;
  own_node self;
  sim_time time;
  sim_loop loop;
  faulty_store disk;
  fake_hosts hosts;
  sim_client client;
  bool removed = false; ///< from the cluster, by a person

private:
  class member_events final : public event_sink {
  public:
    explicit member_events(sim_member& of) : of_(of) {}
    void emit(event e) override;

  private:
    sim_member& of_;
  };
  /// What ends with a process.
  struct life_parts {
    life_parts(sim_member& self, sim_members& all) : questions(self, all), requests(self, all), forwarded(self) {}

    peer_board peers;
    sim_transport questions;
    sim_forwarder requests;
    sim_forward_desk forwarded;
    cluster_network network{questions, requests, peers};
    std::unique_ptr<sim_node> node;
  };

  void expire_targets();

  sim_artifacts& artifacts_;
  sim_members& all_;
  sim_wire& wire_;
  member_listener& listener_;
  rng random_;
  member_events events_;
  std::unique_ptr<life_parts> life_;
  std::uint64_t lives_ = 0;
  bool frozen_ = false;
  std::vector<std::weak_ptr<spread>> targets_; ///< that were seen, oldest first: an order that a replay has too
};

/// All machines that there are, by number.
class sim_members {
public:
  /// The one with that cluster port, or null.
  sim_member* at(const std::string& address) const;

  std::vector<std::unique_ptr<sim_member>> all;
};

} // namespace troupe

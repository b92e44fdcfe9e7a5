#pragma once

#include "runtime/serving/remote_pool.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace troupe {

class sim_member;
class sim_members;

/// A request as it travels.
struct sim_forwarded {
  std::uint64_t ticket = 0;
  std::vector<float> values;
  std::uint32_t rows = 0;
  std::uint32_t crashes = 0;
  bool alone = false;
  std::chrono::nanoseconds patience{0};
  steady_time sent{}; ///< by its client
};

/// Names a call of several of them everywhere.
struct sim_call_key {
  std::size_t machine = 0;  ///< that sent it
  std::uint64_t life = 0;   ///< of that machine
  std::uint64_t number = 0; ///< in that life

  bool operator<(const sim_call_key& other) const {
    return std::tie(machine, life, number) < std::tie(other.machine, other.life, other.number);
  }
};

/// What came of it.
struct sim_forward_answer {
  std::uint64_t ticket = 0;
  std::uint32_t crashes = 0;
  std::vector<float> values;
  error why{}; ///< no message: it was answered
};

/// One life's requests to other nodes' pools, as a gateway's forward_links carries them.
class sim_forwarder final : public forwarder {
public:
  using answers = std::vector<sim_forward_answer>;

  sim_forwarder(sim_member& self, sim_members& all) : self_(self), all_(all) {}

  std::uint64_t call_bytes_max() const override { return 1 << 20; }
  void forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) override;
  void withdraw(const std::shared_ptr<remote_pool>& to, event_loop& from, std::set<std::uint64_t> tickets) override;
  /// The connections to that node break.
  void lose(const sim_member& other);

private:
  struct call {
    sim_member* node;
    std::shared_ptr<remote_pool> to;
    std::vector<std::uint64_t> tickets;
  };
  using call_id = std::uint64_t;

  sim_call_key key_of(call_id id) const;
  void finish(call_id id, const answers& told);
  void fail(call_id id);

  sim_member& self_;
  sim_members& all_;
  std::map<call_id, call> calls_;
  call_id last_call_ = 0;
};

} // namespace troupe

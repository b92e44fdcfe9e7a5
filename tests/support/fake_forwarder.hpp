#pragma once

#include "runtime/serving/remote_pool.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace troupe {

/// Keeps what would go to other nodes, until the test says what becomes of it. One thread at a time.
class fake_forwarder final : public forwarder {
public:
  struct sent_request {
    std::uint64_t ticket;
    float value; ///< its first
    std::uint32_t crashes;
  };
  struct call {
    std::shared_ptr<remote_pool> to;
    std::vector<sent_request> requests;
  };

  std::uint64_t bytes_max = 1 << 20;
  std::vector<call> calls;
  std::vector<std::uint64_t> withdrawn; ///< tickets

  std::uint64_t call_bytes_max() const override { return bytes_max; }
  void forward(const std::shared_ptr<remote_pool>& to, event_loop&, const std::vector<outgoing>& requests) override {
    call made{to, {}};
    for (const auto& each : requests)
      made.requests.push_back(
          {each.ticket, *reinterpret_cast<const float*>(each.request->inputs[0].data), each.request->crashes});
    calls.push_back(std::move(made));
  }

  void withdraw(const std::shared_ptr<remote_pool>&, event_loop&, std::set<std::uint64_t> tickets) override {
    withdrawn.insert(withdrawn.end(), tickets.begin(), tickets.end());
  }

  /// The node gives each request its input back.
  static void answer(const call& one) {
    for (const auto& each : one.requests) {
      auto view = make_view(datatype::fp32, {1, 1}, reinterpret_cast<const std::byte*>(&each.value), sizeof(float));
      one.to->answered(each.ticket, {view});
    }
  }
  static void fail(const call& one, error_code code, std::uint32_t crashes = 0) {
    for (const auto& each : one.requests)
      one.to->failed(each.ticket, crashes, {code, "as told"});
  }
};

} // namespace troupe

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

/// A node without models, on a port of the kernel's and a thread of its own. What it does with a deployment is in its name:
///
///     echo      answers its inputs; metadata: one input "x", FP32 [-1, 4], batches
///     pair      metadata: two inputs "a", INT64 [-1, -1], and "b", BOOL [2]; does not batch
///     half      answers one FP16 output
///     liar      answers an output whose bytes disagree with its shape
///     flaky     refuses every second request as overloaded
///     silent    never answers
///     mortal    answers 50 requests, then ends the connection
///     impatient answers 50 requests, then its caller presses Ctrl-C (SIGINT to this process), and it goes on answering
///     hangup    ends the connection instead of answering
///     broken    deploys, but its validation fails
///     slow      deploys, but stays in its validation
///     canary    has a rollout by stages: by the third look it was rolled back
///     graceful  the same, but it went live
///     busy      has events that come one by one, and then ends the connection
///
/// Every other name is not found. The reward of a request with the id "known" is known already.
class fake_node {
public:
  struct limits {
    std::uint64_t message_bytes_max = 1 << 20;
    std::uint64_t artifact_bytes_max = 1 << 20;
    std::uint64_t chunk_bytes_max = 1000;
  };

  /// A node that is older than this code (no rollback, no progress, no new fields), one of today, and one that says more than this
  /// code knows.
  enum class generation { older, today, newer };

  fake_node();
  explicit fake_node(const limits& most, generation built = generation::today);
  ~fake_node();

  /// Ends every connection at its call for the status, or for the nodes, after the first `looks`.
  void hang_up_after(int looks);

  /// "127.0.0.1:PORT"
  const std::string& address() const;
  /// Every steering call so far, in order: "scale echo 3", "write 1000"…
  std::vector<std::string> calls() const;
  /// The bytes that were uploaded.
  std::string uploaded() const;
  /// The rollout.toml of the last deploy.
  std::string rollout_toml() const;
  /// What the last client called itself.
  std::string client() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::test

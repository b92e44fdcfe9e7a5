#pragma once

#include "tests/cli/fake_node.hpp"

#include "schemas/control.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>

#include <atomic>
#include <mutex>

namespace troupe::test {

/// What the services note and the test reads.
struct fake_record {
  void note(std::string call) {
    std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
  }

  void introduce(std::string name) {
    std::lock_guard lock(mutex);
    client = std::move(name);
  }

  mutable std::mutex mutex;
  std::vector<std::string> calls;
  std::string uploaded;
  std::string client;
  std::string rollout_toml; ///< of the last deploy
  struct {
    std::string artifact = "0123456789abcdef";
    std::string model_toml_sha256;
    std::string golden;
  } deployed; ///< the last one; the live version of every status
  std::atomic<int> looks_max{1'000'000};
  fake_node::limits most;
  fake_node::generation built = fake_node::generation::today;
};

/// What the services of one connection share.
struct fake_connection {
  fake_record& seen;
  kj::Timer& timer;
  kj::Own<kj::PromiseFulfiller<void>> end; ///< ends the connection
};

inline std::string text_of(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

void refuse(schema::Error::Builder error, schema::Code code, const std::string& message);

/// False, and a refusal, for a name that the fake node has not.
bool require_known(const std::string& name, schema::Error::Builder error);

schema::Control::Client make_fake_control(fake_connection& connection);

} // namespace troupe::test

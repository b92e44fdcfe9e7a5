#include "tests/e2e/background_load.hpp"

#include "runtime/cli/rpc_channel.hpp"

namespace troupe::test {

namespace {

/// A load that is forgotten ends by itself.
constexpr std::chrono::seconds longest{60};
} // namespace

background_load::background_load(const std::string& address, const std::string& deployment,
                                 const std::vector<named_tensor>& inputs, std::uint32_t concurrency) {
  running_ = std::async(std::launch::async, [this, address, deployment, inputs, concurrency] {
    prepared_request request(deployment, inputs);
    caller client(address);
    rpc_channel channel(client.node(), {&request}, [this](std::uint64_t, schema::InferResponse::Reader) { ++answered_; });
    load_options load;
    load.concurrency = concurrency;
    load.time_limit = longest;
    load.is_over = [this] { return ended_.load(); };
    return unbroken(run_load(client.node().loop(), {&channel}, load));
  });
}

background_load::~background_load() {
  ended_ = true;
}

bool background_load::answers(std::uint64_t more) {
  auto wanted = answered_ + more;
  return eventually([&] { return answered_ >= wanted; });
}

load_report background_load::end() {
  ended_ = true;
  return running_.get();
}

} // namespace troupe::test

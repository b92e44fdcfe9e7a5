#include "tests/e2e/background_load.hpp"

#include "runtime/cli/rpc_channel.hpp"

namespace troupe::test {

namespace {

/// A load that is forgotten ends by itself.
constexpr std::chrono::seconds longest{60};
/// One turn of the load; between turns it looks whether it should end.
constexpr std::uint64_t turn_requests = 64;

void add(load_report& sum, const load_report& turn) {
  sum.answered += turn.answered;
  sum.failed += turn.failed;
  if (sum.first_error.empty())
    sum.first_error = turn.first_error;
}

} // namespace

background_load::background_load(const std::string& address, const std::string& deployment,
                                 const std::vector<named_tensor>& inputs, std::uint32_t concurrency) {
  running_ = std::async(std::launch::async, [this, address, deployment, inputs, concurrency] {
    prepared_request request(deployment, inputs);
    caller client(address);
    rpc_channel channel(client.node(), {&request}, [this](std::uint64_t, schema::InferResponse::Reader) { ++answered_; });
    load_options turn;
    turn.count = turn_requests;
    turn.concurrency = concurrency;
    load_report sum;
    auto until = std::chrono::steady_clock::now() + longest;
    while (!ended_ && std::chrono::steady_clock::now() < until)
      add(sum, unbroken(run_load(client.node().loop(), {&channel}, turn)));
    return sum;
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

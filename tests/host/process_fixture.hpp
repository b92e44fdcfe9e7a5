#pragma once

#include "runtime/base/model_folder.hpp"
#include "runtime/serving/process_hosts.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/test_loop.hpp"

#include <future>

namespace troupe {

/// A value that a callback brings.
template <class T>
class arrival {
public:
  arrival() : promise_(std::make_shared<std::promise<T>>()), future_(promise_->get_future().share()) {}
  std::function<void(T)> callback() const {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  bool arrived() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  /// Waits at most half a minute.
  T& get() const {
    if (future_.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
      throw std::runtime_error("the callback never came");
    return const_cast<T&>(future_.get());
  }

private:
  std::shared_ptr<std::promise<T>> promise_;
  std::shared_future<T> future_;
};

struct loaded_version {
  model_spec spec;
  std::unique_ptr<load_handle> handle;
  arrival<result<std::unique_ptr<version_template>>> ready;
  arrival<std::string> exited;

  version_template& process() const { return **ready.get(); }
};

struct forked_replica {
  arrival<result<std::unique_ptr<replica_host>>> ready;
  arrival<std::string> exited;

  std::unique_ptr<replica_host>& host() const { return *ready.get(); }
};

/// The node's side of hosts, with the real troupe-host and the models that the build made.
class process_fixture {
public:
  explicit process_fixture(std::string host_path = TROUPE_HOST_PATH);

  /// Begins to load a model of the build's; `change` may alter what its model.toml says.
  loaded_version load(const std::string& model, const std::function<void(model_spec&)>& change = {});
  std::shared_ptr<pool> make_pool(const loaded_version& version);
  forked_replica fork(const loaded_version& version, std::shared_ptr<pool> target);
  /// Forks, waits and attaches.
  forked_replica serve(const loaded_version& version, const std::shared_ptr<pool>& target);
  /// Sends one request to the pool.
  std::shared_ptr<outcome> ask(pool& target, std::vector<float> values, std::uint32_t rows = 1);

  pid_t template_pid() const;

  real_clock time;
  collected_events events;
  test_loop first_loop;
  test_loop second_loop;
  host_watch watch{time};
  std::unique_ptr<process_hosts> hosts;

private:
  replica_number last_number_ = 0;
};

/// Child processes of this one, zombies included, whichever thread started them.
std::vector<pid_t> children();

} // namespace troupe

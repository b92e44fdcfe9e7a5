#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/base/unique_fd.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace troupe::test {

/// A node reduced to what troupe-host can see of one: it speaks schemas/host.capnp and the shared memory by hand, checks nothing,
/// and throws std::runtime_error where a host doesn't do its part within `patience`.
inline constexpr std::chrono::seconds patience{60};

/// A child process known by its pidfd. Killed and reaped in the end.
class raw_process {
public:
  raw_process() = default;
  raw_process(pid_t pid, unique_fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  raw_process(raw_process&& other) noexcept : raw_process() { swap(other); }
  raw_process& operator=(raw_process&& other) noexcept {
    swap(other); // `other` ends what was here
    return *this;
  }
  ~raw_process();

  pid_t pid() const { return pid_; }
  bool running() const;
  void signal(int number) const;
  /// Waits for the end: "exit:0", "signal:11".
  std::string end();

private:
  void swap(raw_process& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(pidfd_, other.pidfd_);
  }

  pid_t pid_ = 0;
  unique_fd pidfd_;
};

struct replica_options {
  host_geometry geometry{64 * 1024, 64 * 1024};
  std::uint64_t seed = 1;
};

/// What a host answered to one batch.
struct reply {
  done_page page;
  std::string text;
  std::vector<std::vector<std::byte>> outputs;
};

template <class T>
std::vector<T> as(const std::vector<std::byte>& bytes) {
  std::vector<T> elements(bytes.size() / sizeof(T));
  std::copy_n(bytes.data(), elements.size() * sizeof(T), reinterpret_cast<std::byte*>(elements.data()));
  return elements;
}

/// Bytes of an input with what the work page says of them.
struct raw_input {
  datatype type = datatype::fp32;
  shape dims;
  std::vector<std::byte> bytes;
};

raw_input fp32(shape dims, const std::vector<float>& elements);

class raw_replica {
public:
  raw_replica(replica_options options, unique_fd memory);
  raw_replica(raw_replica&& other) noexcept;
  ~raw_replica();

  raw_process process;
  replica_options options;
  unique_fd memory_fd;
  unique_fd work;
  unique_fd done;

  reply run(std::uint32_t rows, const std::vector<raw_input>& inputs);
  /// Only rings; `await` collects. Before the first ring, `await` gives the word that the host is up.
  void ring(std::uint32_t rows, const std::vector<raw_input>& inputs);
  reply await();

private:
  std::byte* memory_ = nullptr;
  std::uint64_t sequence_ = 0;
};

class raw_version {
public:
  raw_process process;
  unique_fd control;

  /// "" once it is ready, or "stage: reason"; nothing came if the process died: "closed".
  std::string await_ready();
  /// A replica that has been forked; it need not be up.
  raw_replica fork(replica_options options = {});
};

class raw_template {
public:
  raw_template();

  raw_process process;
  unique_fd control;

  raw_version load(const std::string& model_path, const model_spec& spec, const std::string& title = "test@1");
  /// What the template answers to bytes that are no request: the reason.
  std::string send_nonsense();
};

/// A model of ${build}/models with the signature that its model.toml states: named here, so that these tests need no parser.
std::string model_path(const std::string& name);

/// x: FP32 [-1, columns] -> y: FP32 [-1, columns]
model_spec row_spec(std::int64_t columns, std::uint32_t max_batch);

int thread_count_of(pid_t pid);

/// Anonymous memory that the process shares with nobody.
std::int64_t private_memory_kb(pid_t pid);

/// Whether the condition comes true within `patience`.
template <class Condition>
bool eventually(Condition condition) {
  for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
    if (condition())
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// Files that the process has open, by descriptor, as /proc shows them.
std::map<int, std::string> open_files(pid_t pid);

} // namespace troupe::test

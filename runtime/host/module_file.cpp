#include "runtime/host/module_file.hpp"

#include <cerrno>
#include <torch/script.h>
#include <unistd.h>

namespace troupe {

namespace {

/// Lets libtorch read the model without a file system.
class descriptor_reader final : public caffe2::serialize::ReadAdapterInterface {
public:
  descriptor_reader(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  std::size_t size() const override { return size_; }
  std::size_t read(std::uint64_t position, void* buffer, std::size_t count, const char*) const override {
    std::size_t done = 0;
    while (done < count) {
      auto got = ::pread(fd_, static_cast<char*>(buffer) + done, count - done, static_cast<off_t>(position + done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

private:
  int fd_;
  std::size_t size_;
};

} // namespace

torch::jit::Module load_module(int fd, std::uint64_t size) {
  auto module = torch::jit::load(std::make_shared<descriptor_reader>(fd, size));
  module.eval();
  return module;
}

} // namespace troupe

#include "tests/bench/lab.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace troupe::bench {

namespace fs = std::filesystem;

lab::lab(bool quick) : quick_(quick), binaries_(fs::read_symlink("/proc/self/exe").parent_path()) {
  auto name = (fs::temp_directory_path() / "troupe-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("can't make a folder in " + fs::temp_directory_path().string());
  scratch_ = name;
}

lab::~lab() {
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

std::string lab::binary(const std::string& name) const {
  return (binaries_ / name).string();
}

std::string lab::model_folder(const std::string& name) const {
  return std::string(TROUPE_BENCH_MODELS) + "/" + name;
}

std::string lab::new_path(const std::string& name) {
  return (scratch_ / (name + "-" + std::to_string(++last_path_))).string();
}

one_core::one_core() {
  CPU_ZERO(&before_);
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0)
    throw std::runtime_error("can't tell which cores may be used");
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &before_))
    --last;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(last, &only);
  ::sched_setaffinity(0, sizeof only, &only);
}

one_core::~one_core() {
  ::sched_setaffinity(0, sizeof before_, &before_);
}

double median(std::vector<double> samples) {
  if (samples.empty())
    throw std::runtime_error("nothing was measured");
  auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

named_tensor one_row(const shape& dims) {
  named_tensor input{"x", datatype::fp32, {1}, {}};
  input.dims.insert(input.dims.end(), dims.begin(), dims.end());
  std::vector<float> values(*byte_size(datatype::fp32, input.dims.data(), input.dims.size()) / sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i % 17) / 17;
  input.data.resize(values.size() * sizeof(float));
  std::memcpy(input.data.data(), values.data(), input.data.size());
  return input;
}

void await(const std::string& what, const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("waited in vain until " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

} // namespace troupe::bench

#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <sched.h>
#include <string>
#include <vector>

namespace troupe::bench {

/// Where a run finds its binaries and models, what it may spend, and a folder for what its processes write.
class lab {
public:
  explicit lab(bool quick);
  ~lab();
  lab(const lab&) = delete;
  lab& operator=(const lab&) = delete;

  std::string binary(const std::string& name) const; ///< beside this one
  std::string model_folder(const std::string& name) const;
  std::string new_path(const std::string& name); ///< in the run's own folder, never the same twice

  /// Samples of each figure; the median counts. At least 5 unless quick.
  int rounds() const { return quick_ ? 1 : 5; }
  /// How long one sample of load lasts.
  std::chrono::milliseconds span(std::chrono::milliseconds full = std::chrono::seconds(1)) const {
    return quick_ ? full / 4 : full;
  }
  bool quick() const { return quick_; }

private:
  bool quick_;
  std::filesystem::path binaries_;
  std::filesystem::path scratch_;
  unsigned last_path_ = 0;
};

/// Keeps this thread, and the processes that it starts, on one core. For a lone caller: the kernel puts caller, server and host on
/// one core or on several as chance has it, and waking another core costs several times what is measured.
class one_core {
public:
  one_core();
  ~one_core();
  one_core(const one_core&) = delete;
  one_core& operator=(const one_core&) = delete;

private:
  cpu_set_t before_;
};

/// Of at least one sample; of an even number the upper one in the middle.
double median(std::vector<double> samples);

/// What `figure` says of each, and the median of that.
template <class Sample, class Figure>
double median_of(const std::vector<Sample>& samples, Figure figure) {
  std::vector<double> values;
  for (const auto& sample : samples)
    values.push_back(static_cast<double>(figure(sample)));
  return median(std::move(values));
}

/// The input "x" of the models that the benchmarks serve: FP32, [1, dims…].
named_tensor one_row(const shape& dims);

/// Waits until `holds`; throws std::runtime_error saying that `what` never came once `limit` is over.
void await(const std::string& what, const std::function<bool()>& holds,
           std::chrono::milliseconds limit = std::chrono::minutes(1));

} // namespace troupe::bench

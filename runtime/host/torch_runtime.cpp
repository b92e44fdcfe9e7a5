#include "runtime/host/torch_runtime.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <dlfcn.h>
#include <sstream>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/script.h>
#include <torch/version.h>

namespace troupe {

namespace {

/// OpenBLAS comes in behind libblas.so.3, if at all, so its functions can't be linked.
template <class Function>
Function* blas_function(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

/// Makes OpenBLAS reserve its buffers (128 MB of address space a thread), which it keeps. Under a memory limit it would try for
/// ever.
void reserve_blas_buffers() {
  constexpr std::int64_t beyond_small_matrix_kernels = 128;
  auto matrix = at::ones({beyond_small_matrix_kernels, beyond_small_matrix_kernels});
  at::mm(matrix, matrix);
}

/// Goes once through all that a model goes through.
void exercise_torch() {
  torch::jit::Module module("exercise");
  module.register_parameter("weight", torch::ones({8, 1, 3, 3}), false);
  module.define("def forward(self, x):\n"
                "    y = torch.conv2d(x, self.weight).relu().flatten(1)\n"
                "    return torch.softmax(torch.matmul(y, y.t()), 1)\n");
  std::stringstream file;
  module.save(file);
  auto loaded = torch::jit::load(file);
  loaded.eval();
  auto frozen = torch::jit::freeze(loaded);
  auto optimized = torch::jit::optimize_for_inference(frozen);
  c10::InferenceMode inference;
  optimized.forward({torch::zeros({2, 1, 8, 8})});
}

} // namespace

void prepare_torch() {
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  // One plan for all shapes, made at the first call: a warmed replica never stops to specialize for a new batch size.
  torch::jit::getProfilingMode() = false;
  torch::jit::setPrintHandler([](const std::string&) {});
  at::detail::getDefaultCPUGenerator(); // reads /dev/urandom, once
  exercise_torch();
  reserve_blas_buffers();
}

void set_torch_threads(std::uint32_t count) {
  auto threads = static_cast<int>(count);
  if (auto set_blas_threads = blas_function<void(int)>("openblas_set_num_threads"))
    set_blas_threads(threads);
  at::set_num_threads(threads);
  // Otherwise they would start with the first large batch, when memory is limited already. An operator inside libtorch, since
  // at::parallel_for is inline and this file isn't compiled for OpenMP.
  at::zeros({threads * at::internal::GRAIN_SIZE}, at::kByte).add_(1);
  reserve_blas_buffers();
}

void seed_torch(std::uint64_t seed) {
  auto generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(seed);
}

std::string torch_version() {
  std::string text = "libtorch " TORCH_VERSION ", ";
  auto config = blas_function<char*()>("openblas_get_config");
  auto parallel = blas_function<int()>("openblas_get_parallel");
  if (config == nullptr || parallel == nullptr)
    return text + "no OpenBLAS: small models are 10 to 50 times slower; install libopenblas0-openmp";
  constexpr const char* kinds[] = {"sequential", "pthread", "openmp"};
  int kind = parallel();
  return text + config() + " (" + (kind >= 0 && kind <= 2 ? kinds[kind] : "unknown") + ")";
}

} // namespace troupe

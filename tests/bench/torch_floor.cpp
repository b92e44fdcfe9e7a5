// What libtorch alone can do with a model, in a bare loop.
//
//     troupe-torch-floor MODEL.pt THREADS SECONDS ROWS_MIN ROWS_MAX [DIMENSION…]
//
// Runs the model, frozen and optimized for inference, on zeros of [rows, DIMENSION…] for SECONDS with each number of rows from
// ROWS_MIN to ROWS_MAX, and prints "ROWS ROWS_PER_SECOND" for each.

#include <ATen/Parallel.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <torch/script.h>

namespace {

using loop_clock = std::chrono::steady_clock;

double rows_per_second(torch::jit::Module& model, const at::Tensor& input, std::chrono::duration<double> span) {
  constexpr int warm_ups = 3;
  for (int i = 0; i < warm_ups; ++i)
    model.forward({input});
  std::uint64_t calls = 0;
  auto begun = loop_clock::now();
  std::chrono::duration<double> elapsed{0};
  for (; elapsed < span; elapsed = loop_clock::now() - begun) {
    model.forward({input});
    ++calls;
  }
  return static_cast<double>(calls) * static_cast<double>(input.size(0)) / elapsed.count();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: troupe-torch-floor MODEL.pt THREADS SECONDS ROWS_MIN ROWS_MAX [DIMENSION...]\n");
    return 2;
  }
  at::set_num_threads(std::atoi(argv[2]));
  std::chrono::duration<double> span(std::atof(argv[3]));
  auto model = torch::jit::load(argv[1]);
  model.eval();
  auto frozen = torch::jit::freeze(model);
  model = torch::jit::optimize_for_inference(frozen);
  c10::InferenceMode inference;
  for (long rows = std::atol(argv[4]); rows <= std::atol(argv[5]); ++rows) {
    std::vector<std::int64_t> dims{rows};
    for (int i = 6; i < argc; ++i)
      dims.push_back(std::atol(argv[i]));
    std::printf("%ld %.3f\n", rows, rows_per_second(model, torch::zeros(dims), span));
    std::fflush(stdout);
  }
}

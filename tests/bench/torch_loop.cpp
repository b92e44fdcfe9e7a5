#include "tests/bench/torch_loop.hpp"

#include "tests/bench/program.hpp"

#include <map>
#include <sstream>

namespace troupe::bench {

namespace {

/// Rows a second by rows a call.
std::map<unsigned, double> run(lab& room, const std::string& model, const shape& row, unsigned rows_min, unsigned rows_max,
                               std::chrono::nanoseconds span) {
  std::vector<std::string> command{room.binary("troupe-torch-floor"),
                                   room.model_folder(model) + "/model.pt",
                                   "1",
                                   std::to_string(std::chrono::duration<double>(span).count()),
                                   std::to_string(rows_min),
                                   std::to_string(rows_max)};
  for (auto dimension : row)
    command.push_back(std::to_string(dimension));
  auto output = room.new_path("torch.log");
  program(command, output, {{"OPENBLAS_NUM_THREADS", "1"}, {"OMP_NUM_THREADS", "1"}}).finish();
  std::istringstream lines(text_of_file(output));
  std::map<unsigned, double> rates;
  unsigned rows = 0;
  for (double rate = 0; lines >> rows >> rate;)
    rates[rows] = rate;
  if (rates.size() != rows_max - rows_min + 1)
    throw std::runtime_error("troupe-torch-floor printed " + lines.str());
  return rates;
}

} // namespace

double torch_rows_per_second(lab& room, const std::string& model, const shape& row, unsigned rows,
                             std::chrono::nanoseconds span) {
  return run(room, model, row, rows, rows, span).at(rows);
}

unsigned best_batch(lab& room, const std::string& model, const shape& row, unsigned rows_max, std::chrono::nanoseconds span) {
  std::pair<unsigned, double> best{0, 0};
  for (const auto& tried : run(room, model, row, 1, rows_max, span))
    if (tried.second > best.second)
      best = tried;
  return best.first;
}

} // namespace troupe::bench

#include "tests/sim/sim_artifacts.hpp"

#include "runtime/base/sha256.hpp"

#include <stdexcept>

namespace troupe {

const char* const sim_model_toml = R"(max_batch = 4
replicas = 1
[[inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 2]
[[outputs]]
name = "y"
datatype = "FP32"
shape = [-1, 2]
[limits]
batch_timeout = "100ms"
load_timeout = "1s"
queue_rows = 64
)";

sim_artifacts::sim_artifacts() {
  add(sim_model::doubles, "factor 2");
  add(sim_model::triples, "factor 3");
  add(sim_model::broken, "broken");
  add(sim_model::failing, "factor 2, fails");
  hashes_[sim_model::missing] = sha256_of("missing");
}

void sim_artifacts::add(sim_model model, const std::string& text) {
  hashes_[model] = sha256_of(text);
  texts_[model] = text;
  upload(model);
}

blob_store& sim_artifacts::blobs(std::size_t machine) {
  while (folders_.size() <= machine)
    folders_.push_back(std::make_unique<folder>());
  return folders_[machine]->blobs;
}

void sim_artifacts::upload(sim_model model, std::size_t machine) {
  const auto& there = blobs(machine);
  auto found = texts_.find(model);
  if (found == texts_.end() || there.has(hashes_[model]))
    return;
  const auto& text = found->second;
  auto writer = there.begin(hashes_[model], text.size()).value();
  if (!writer->write(text.data(), text.size()) || !writer->finish())
    throw std::runtime_error("no room for the simulation's artifacts");
}

void sim_artifacts::copy(std::size_t from, std::size_t to) {
  for (const auto& [model, hash] : hashes_)
    if (blobs(from).has(hash))
      upload(model, to);
}

void sim_artifacts::clear() {
  for (const auto& each : folders_) {
    for (const auto& hash : each->blobs.list().value())
      (void)each->blobs.remove(hash).ok();
    for (const auto& hash : each->blobs.list_partial().value())
      (void)each->blobs.remove_partial(hash).ok();
  }
}

} // namespace troupe

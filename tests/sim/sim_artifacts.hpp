#pragma once

#include "storage/blob_store.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// The model.toml of all models in the simulation: up to 4 rows a batch, which takes at most 100 ms.
extern const char* const sim_model_toml;

/// What a model in the simulation does. `failing` is fine while it is tried out, and fails each request after that.
enum class sim_model { doubles, triples, broken, missing, failing };

/// The artifacts that worlds deploy, and the folders that machines keep them in: made once a process, since they are files.
class sim_artifacts {
public:
  sim_artifacts();
  /// Of a machine, by number.
  blob_store& blobs(std::size_t machine = 0);
  const std::string& hash(sim_model model) const { return hashes_.at(model); }
  /// As a client does before it deploys; nothing if it is there.
  void upload(sim_model model, std::size_t machine = 0);
  /// What one machine has, another has too.
  void copy(std::size_t from, std::size_t to);
  /// No machine has anything any more.
  void clear();

private:
  struct folder {
    test::temporary_folder path;
    data_folder data = data_folder::open(path.path()).value();
    blob_store blobs = blob_store::open(data).value();
  };

  void add(sim_model model, const std::string& text);

  std::vector<std::unique_ptr<folder>> folders_;
  std::map<sim_model, std::string> hashes_;
  std::map<sim_model, std::string> texts_; ///< of the artifacts that there can be
};

} // namespace troupe

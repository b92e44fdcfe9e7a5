#pragma once

#include "storage/backup.hpp"
#include "storage/blob_store.hpp"
#include "storage/restore.hpp"
#include "storage/rocks_store.hpp"
#include "storage/state_store.hpp"
#include "tests/storage/put_blob.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

namespace troupe::test {

namespace fs = std::filesystem;

/// A data folder with a store and artifacts, and a place beside it.
struct backup_fixture {
  temporary_folder place;
  data_folder data = data_folder::open(place.path() / "data").value();
  std::unique_ptr<store> records = open_rocks_store(data).value();
  state_store state{*records};
  blob_store blobs = blob_store::open(data).value();
  fs::path target = place.path() / "backup";

  std::string add_blob(const std::string& content) { return put_blob(blobs, content); }

  /// A deployment with one version; its artifact is `content`.
  void deploy(const std::string& name, const std::string& content, version_state phase = version_state::live,
              const std::string& golden = "") {
    deployment_record deployment;
    deployment.name = name;
    version_record version;
    version.id = {name, 1};
    version.state = phase;
    version.artifact_sha256 = add_blob(content);
    version.golden_sha256 = golden.empty() ? "" : add_blob(golden);
    BOOST_REQUIRE(state.commit({{deployment}, {}, {version}, {}}).ok());
  }

  backup_source source() { return {data, *records, "ab12", "0.1.0"}; }
  result<std::unique_ptr<backup_job>> begin(const fs::path& into) { return backup_job::begin(source(), into, wall_time{}); }

  template <class Job>
  static result<void> to_the_end(Job& job) {
    for (;;) {
      auto all = job.step();
      if (!all)
        return all.failure();
      if (*all)
        return {};
    }
  }

  /// To its end.
  result<void> back_up(const fs::path& into) {
    auto job = begin(into);
    if (!job)
      return job.failure();
    return to_the_end(**job);
  }

  /// To its end; gives where the old data are.
  static result<fs::path> restore(const fs::path& from, const fs::path& to, bool replace = false) {
    auto job = restore_job::begin(from, to, replace);
    if (!job)
      return job.failure();
    if (auto all = to_the_end(**job); !all)
      return all.failure();
    return (*job)->put_in_place(wall_time{});
  }

  /// Whether the only thing beside the data folder are these.
  bool beside_are(std::vector<std::string> names) const {
    std::vector<std::string> found;
    for (const auto& file : fs::directory_iterator(place.path()))
      if (file.path() != data.path())
        found.push_back(file.path().filename());
    std::sort(found.begin(), found.end());
    return found == names;
  }
};

/// Path within the folder -> content.
inline std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::recursive_directory_iterator(folder))
    if (file.is_regular_file()) {
      std::ifstream in(file.path(), std::ios::binary);
      files[fs::relative(file.path(), folder)] = std::string(std::istreambuf_iterator<char>(in), {});
    }
  return files;
}

} // namespace troupe::test

#include "runtime/node/restore_data_folder.hpp"

#include "runtime/node/node_identity.hpp"
#include "storage/restore.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_format.hpp"

namespace troupe {

namespace {

/// Opens the copy, which is the last proof that it is whole, and makes it a new node's.
result<void> make_it_a_new_nodes(const data_folder& folder, const clock& time) {
  auto records = open_rocks_store(folder);
  if (!records)
    return records.failure();
  return give_new_identity(**records, random_node_id(), time.wall_now());
}

} // namespace

result<restore_report> restore_data_folder(const restore_arguments& arguments,
                                           const std::function<void(const restore_progress&)>& on_progress, const clock& time) {
  auto job = restore_job::begin(arguments.backup, arguments.data_folder, arguments.replace);
  if (!job)
    return job.failure();
  const auto& manifest = (*job)->manifest();
  for (bool all = false; !all;) {
    auto stepped = (*job)->step();
    if (!stepped)
      return stepped.failure();
    all = *stepped;
    on_progress({(*job)->bytes_done(), manifest.bytes()});
  }
  if (auto made = make_it_a_new_nodes((*job)->folder(), time); !made)
    return made.failure();
  auto aside = (*job)->put_in_place(time.wall_now());
  if (!aside)
    return aside.failure();
  return restore_report{aside->string(), manifest.files.size(), manifest.bytes(), manifest.time};
}

} // namespace troupe

#include "runtime/node/node_storage.hpp"

#include "runtime/node/node_identity.hpp"
#include "storage/backup.hpp"
#include "storage/rocks_store.hpp"

#include <utility>

namespace troupe {

result<std::unique_ptr<node_storage>> open_storage(const node_options& options, const clock& time) {
  auto folder = data_folder::open(options.data_folder);
  if (!folder)
    return folder.failure();
  remove_backup_rests(*folder);
  auto records = open_rocks_store(*folder);
  if (!records)
    return records.failure();
  auto identity = check_store_format(**records, {random_node_id(), machine_id(), options.adopt}, time.wall_now());
  if (!identity)
    return identity.failure();
  auto blobs = blob_store::open(*folder, options.artifact_bytes_max);
  if (!blobs)
    return blobs.failure();
  auto log = log_store::open(**records, options.events_max);
  if (!log)
    return log.failure();
  auto& store = **records;
  return std::unique_ptr<node_storage>(new node_storage{std::move(*folder), std::move(*records), std::move(*identity),
                                                        state_store(store), std::move(*blobs), std::move(*log),
                                                        cluster_store(store), assignment_store(store)});
}

} // namespace troupe

#pragma once

#include "runtime/base/config.hpp"
#include "storage/assignment_store.hpp"
#include "storage/blob_store.hpp"
#include "storage/cluster_store.hpp"
#include "storage/data_folder.hpp"
#include "storage/log_store.hpp"
#include "storage/state_store.hpp"
#include "storage/store_format.hpp"

#include <memory>
#include <string>

namespace troupe {

/// What lies under the data folder, opened in order.
struct node_storage {
  data_folder folder;
  std::unique_ptr<store> records;
  node_record identity;
  state_store state;
  blob_store blobs;
  log_store log;
  cluster_store cluster;
  assignment_store kept;
};

/// Opens, or makes, what a node keeps under its data folder. Errors: the folder is in use by another node or can't be written (`io_failed`), is of
/// a newer format or another machine (`failed_precondition`), or damaged (`corrupt`).
result<std::unique_ptr<node_storage>> open_storage(const node_options& options, const clock& time);

} // namespace troupe

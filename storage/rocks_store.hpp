#pragma once

#include "storage/data_folder.hpp"
#include "storage/store.hpp"

#include <memory>

namespace troupe {

/// The store in `store/` of a node's data folder, made if there is none; the folder must outlive it. Errors: `io_failed` (disk
/// trouble), `corrupt` (what stands there is damaged: nothing is repaired or thrown away). Its reads and writes block on the
/// disk.
result<std::unique_ptr<store>> open_rocks_store(const data_folder& folder);

} // namespace troupe

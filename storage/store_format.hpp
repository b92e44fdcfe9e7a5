#pragma once

#include "storage/records.hpp"

namespace troupe {

/// Who opens a store.
struct store_opener {
  std::string new_node_id; ///< for a store that belongs to nobody yet
  std::string machine_id;  ///< "": unknown, and not compared
  bool adopt = false;      ///< this machine takes the place of the one that the store belongs to
};

/// Reads who the store belongs to; a store without any transaction gets a record of `opener`, and one that knows no machine gets the opener's.
/// Comes before every other use of a store. Errors: `failed_precondition` (of a newer format, or of another machine: the message says what to
/// do), `corrupt`, or what the store answers.
result<node_record> check_store_format(store& records, const store_opener& opener, wall_time now);

/// Makes an existing store that of the node with this id, on whichever machine opens it next. Errors as above.
result<void> give_identity(store& records, const std::string& node_id, wall_time now);

} // namespace troupe

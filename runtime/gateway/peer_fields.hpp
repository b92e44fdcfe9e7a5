#pragma once

#include "runtime/base/error.hpp"
#include "schemas/inference.capnp.h"
#include "storage/record_schema.hpp"

#include <cstddef>
#include <vector>

/// What the codecs of schemas/peer.capnp share. `read` is false for what no node of this release says; where the message itself is damaged it
/// throws, as Cap'n Proto's readers do.
namespace troupe {

/// Entries of one list in a message between nodes; a longer list is refused before anything is allocated for it.
inline constexpr std::size_t peer_list_max = 100'000;

/// Writes each with `write(builder, entry)`.
template <class List, class Entry, class Write>
void write_list(List into, const std::vector<Entry>& entries, Write write) {
  for (unsigned i = 0; i < into.size(); ++i)
    write(into[i], entries[i]);
}

/// Reads each with `read(reader, entry)`.
template <class List, class Entry, class Read>
bool read_list(List from, std::vector<Entry>& entries, Read read) {
  if (from.size() > peer_list_max)
    return false;
  entries.resize(from.size());
  for (unsigned i = 0; i < from.size(); ++i)
    if (!read(from[i], entries[i]))
      return false;
  return true;
}

template <class Entry>
unsigned list_size(const std::vector<Entry>& entries) {
  return static_cast<unsigned>(entries.size());
}

} // namespace troupe

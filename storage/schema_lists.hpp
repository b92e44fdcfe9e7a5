#pragma once

#include <cstddef>
#include <vector>

/// Lists of a schema's structs, on disk and between nodes. `read` is false for what no node of this release says.
namespace troupe {

/// Entries of one list in a message; a longer list is refused before anything is allocated for it.
inline constexpr std::size_t list_entries_max = 100'000;

/// Writes each with `write(builder, entry)`.
template <class List, class Entry, class Write>
void write_list(List into, const std::vector<Entry>& entries, Write write) {
  for (unsigned i = 0; i < into.size(); ++i)
    write(into[i], entries[i]);
}

/// Reads each with `read(reader, entry)`.
template <class List, class Entry, class Read>
bool read_list(List from, std::vector<Entry>& entries, Read read) {
  if (from.size() > list_entries_max)
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

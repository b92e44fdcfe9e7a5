#pragma once

#include <optional>
#include <string>
#include <string_view>

struct AvahiStringList;

namespace troupe {

inline constexpr const char* service_type = "_troupe._tcp";

/// What a node says of itself. Nothing in it has been checked, but that each is a word: 1 to 255 visible ASCII characters.
struct announcement {
  std::string cluster;
  std::string node;
  std::string address; ///< of its cluster port
};

/// As the text of a DNS-SD record (RFC 6763, 6): cluster=…, node=…, address=…. The caller frees it.
AvahiStringList* text_of(const announcement& told);

/// Nothing if something is missing or no word.
std::optional<announcement> announcement_in(AvahiStringList* text);

/// Whether it can stand in a line between blanks.
bool is_word(std::string_view text);

} // namespace troupe

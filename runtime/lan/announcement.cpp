#include "runtime/lan/announcement.hpp"

#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>

#include <algorithm>

namespace troupe {

namespace {

/// Empty if there is no such key.
std::string value_of(AvahiStringList* text, const char* key) {
  auto found = avahi_string_list_find(text, key);
  if (found == nullptr)
    return {};
  char* name = nullptr;
  char* value = nullptr;
  std::size_t size = 0;
  if (avahi_string_list_get_pair(found, &name, &value, &size) != 0)
    return {};
  std::string copy(value != nullptr ? value : "", value != nullptr ? size : 0);
  avahi_free(name);
  avahi_free(value);
  return copy;
}

} // namespace

AvahiStringList* text_of(const announcement& told) {
  return avahi_string_list_new(("cluster=" + told.cluster).c_str(), ("node=" + told.node).c_str(),
                               ("address=" + told.address).c_str(), nullptr);
}

std::optional<announcement> announcement_in(AvahiStringList* text) {
  announcement told{value_of(text, "cluster"), value_of(text, "node"), value_of(text, "address")};
  if (is_word(told.cluster) && is_word(told.node) && is_word(told.address))
    return told;
  return std::nullopt;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace troupe

#pragma once

#include "runtime/base/error.hpp"
#include "runtime/lan/announcement.hpp"

#include <avahi-common/simple-watch.h>
#include <avahi-core/core.h>
#include <avahi-core/lookup.h>
#include <avahi-core/publish.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace troupe {

/// The local network by multicast DNS: announces this node, and tells of all that announce themselves. One thread, on an Avahi poll.
class neighbourhood {
public:
  static constexpr std::size_t watched_max = 256; ///< announcements, each on each interface; more are passed over

  /// `say` hears lines, as cluster/sightings.hpp describes them, and "trouble WHAT". The poll outlives it.
  neighbourhood(AvahiSimplePoll* poll, std::optional<announcement> own, std::function<void(const std::string& line)> say);
  neighbourhood(const neighbourhood&) = delete;
  neighbourhood& operator=(const neighbourhood&) = delete;
  /// Says goodbye to those who know of this node.
  ~neighbourhood();

  result<void> start();

private:
  /// Where an announcement is seen: interface, protocol, name.
  using place = std::tuple<AvahiIfIndex, AvahiProtocol, std::string>;
  struct watch {
    AvahiSServiceResolver* resolver = nullptr;
    bool told = false; ///< "seen" was said
  };

  void on_server(AvahiServer* server, AvahiServerState state);
  void announce(AvahiServer* server);
  void on_browsed(AvahiBrowserEvent event, const place& where);
  void on_resolved(AvahiResolverEvent event, const place& where, AvahiStringList* text);
  void begin_watch(const place& where);
  void end_watch(const place& where);
  bool told_elsewhere(const place& where) const;

  AvahiSimplePoll* const poll_;
  const std::optional<announcement> own_;
  const std::function<void(const std::string&)> say_;
  std::string service_name_; ///< the node's id, and a number if others took that name
  std::uint32_t collisions_ = 0;
  AvahiServer* server_ = nullptr;
  AvahiSEntryGroup* group_ = nullptr;
  AvahiSServiceBrowser* browser_ = nullptr;
  std::map<place, watch> watched_;
};

} // namespace troupe

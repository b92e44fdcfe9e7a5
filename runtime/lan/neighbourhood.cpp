#include "runtime/lan/neighbourhood.hpp"

#include <avahi-common/error.h>
#include <avahi-common/strlst.h>

#include <cstdlib>
#include <utility>

namespace troupe {

namespace {

/// Only what is needed: no host names, no addresses (an announcement has the address in its text), nothing from beyond the local network.
AvahiServerConfig modest() {
  AvahiServerConfig config;
  avahi_server_config_init(&config);
  config.publish_addresses = 0;
  config.publish_hinfo = 0;
  config.publish_workstation = 0;
  config.publish_domain = 0;
  config.enable_wide_area = 0;
  config.n_cache_entries_max = 1024; // for each interface
  return config;
}

std::uint16_t port_in(const std::string& address) {
  return static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1));
}

} // namespace

neighbourhood::neighbourhood(AvahiSimplePoll* poll, std::optional<announcement> own, std::function<void(const std::string&)> say)
  : poll_(poll), own_(std::move(own)), say_(std::move(say)), service_name_(own_ ? own_->node : "") {}

neighbourhood::~neighbourhood() {
  for (auto& [where, each] : watched_)
    if (each.resolver != nullptr)
      avahi_s_service_resolver_free(each.resolver);
  if (browser_ != nullptr)
    avahi_s_service_browser_free(browser_);
  if (group_ != nullptr)
    avahi_s_entry_group_free(group_);
  if (server_ != nullptr)
    avahi_server_free(server_);
}

result<void> neighbourhood::start() {
  auto config = modest();
  int failure = 0;
  auto on_server = [](AvahiServer* server, AvahiServerState state, void* self) {
    static_cast<neighbourhood*>(self)->on_server(server, state);
  };
  server_ = avahi_server_new(avahi_simple_poll_get(poll_), &config, on_server, this, &failure);
  avahi_server_config_free(&config);
  if (server_ == nullptr)
    return error{error_code::unavailable, std::string("multicast DNS can't be used on this machine: ") + avahi_strerror(failure)};
  auto on_browsed = [](AvahiSServiceBrowser*, AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event,
                       const char* name, const char*, const char*, AvahiLookupResultFlags, void* self) {
    static_cast<neighbourhood*>(self)->on_browsed(event, {interface, protocol, name != nullptr ? name : ""});
  };
  browser_ = avahi_s_service_browser_new(server_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, service_type, nullptr,
                                         static_cast<AvahiLookupFlags>(0), on_browsed, this);
  if (browser_ == nullptr)
    return error{error_code::unavailable,
                 std::string("nodes can't be looked for: ") + avahi_strerror(avahi_server_errno(server_))};
  return {};
}

// -- announcing -------------------------------------------------------------------------------------------------------------------

void neighbourhood::on_server(AvahiServer* server, AvahiServerState state) {
  if (state == AVAHI_SERVER_RUNNING && own_ && group_ == nullptr)
    announce(server);
  else if (state == AVAHI_SERVER_FAILURE)
    say_(std::string("trouble multicast DNS failed: ") + avahi_strerror(avahi_server_errno(server)));
}

void neighbourhood::announce(AvahiServer* server) {
  auto on_group = [](AvahiServer* of, AvahiSEntryGroup* group, AvahiEntryGroupState state, void* self) {
    if (state != AVAHI_ENTRY_GROUP_COLLISION)
      return;
    // Somebody else announces under this name. The text is what counts, so any other name will do.
    auto me = static_cast<neighbourhood*>(self);
    me->service_name_ = me->own_->node + "-" + std::to_string(++me->collisions_);
    avahi_s_entry_group_reset(group);
    me->announce(of);
  };
  if (group_ == nullptr)
    group_ = avahi_s_entry_group_new(server, on_group, this);
  auto text = text_of(*own_);
  int failure =
      avahi_server_add_service_strlst(server, group_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, static_cast<AvahiPublishFlags>(0),
                                      service_name_.c_str(), service_type, nullptr, nullptr, port_in(own_->address), text);
  avahi_string_list_free(text);
  if (failure == AVAHI_OK)
    failure = avahi_s_entry_group_commit(group_);
  if (failure != AVAHI_OK)
    say_(std::string("trouble this node can't be announced: ") + avahi_strerror(failure));
}

// -- looking ----------------------------------------------------------------------------------------------------------------------

void neighbourhood::on_browsed(AvahiBrowserEvent event, const place& where) {
  if (event == AVAHI_BROWSER_FAILURE)
    say_(std::string("trouble nodes can't be looked for: ") + avahi_strerror(avahi_server_errno(server_)));
  else if (event == AVAHI_BROWSER_NEW)
    begin_watch(where);
  else if (event == AVAHI_BROWSER_REMOVE)
    end_watch(where);
}

void neighbourhood::begin_watch(const place& where) {
  const auto& [interface, protocol, name] = where;
  if (!is_word(name) || watched_.size() >= watched_max || watched_.count(where) != 0)
    return;
  auto on_resolved = [](AvahiSServiceResolver*, AvahiIfIndex on, AvahiProtocol by, AvahiResolverEvent event, const char* called,
                        const char*, const char*, const char*, const AvahiAddress*, std::uint16_t, AvahiStringList* text,
                        AvahiLookupResultFlags, void* self) {
    static_cast<neighbourhood*>(self)->on_resolved(event, {on, by, called != nullptr ? called : ""}, text);
  };
  auto resolver = avahi_s_service_resolver_new(server_, interface, protocol, name.c_str(), service_type, nullptr,
                                               AVAHI_PROTO_UNSPEC, AVAHI_LOOKUP_NO_ADDRESS, on_resolved, this);
  if (resolver != nullptr)
    watched_[where] = {resolver, false};
}

void neighbourhood::on_resolved(AvahiResolverEvent event, const place& where, AvahiStringList* text) {
  auto known = watched_.find(where);
  const auto& name = std::get<std::string>(where);
  if (known == watched_.end() || event != AVAHI_RESOLVER_FOUND)
    return;
  auto told = announcement_in(text);
  if (told)
    say_("seen " + name + " " + told->cluster + " " + told->node + " " + told->address);
  else if (known->second.told)
    say_("gone " + name);
  known->second.told = told.has_value();
}

void neighbourhood::end_watch(const place& where) {
  auto known = watched_.find(where);
  if (known == watched_.end())
    return;
  auto ended = known->second;
  watched_.erase(known);
  avahi_s_service_resolver_free(ended.resolver);
  if (ended.told && !told_elsewhere(where))
    say_("gone " + std::get<std::string>(where));
}

bool neighbourhood::told_elsewhere(const place& where) const {
  for (const auto& [other, each] : watched_)
    if (each.told && std::get<std::string>(other) == std::get<std::string>(where))
      return true;
  return false;
}

} // namespace troupe

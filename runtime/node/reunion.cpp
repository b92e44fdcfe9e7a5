#include "runtime/node/reunion.hpp"

#include "cluster/certificates.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

reunion::reunion(kj_loop& loop, const identity_holder& identity, transport& questions, const clock& time, event_sink& events,
                 const discovery* found, reunion_options options, std::function<void(exchange_members)> tell)
  : loop_(loop), questions_(questions), time_(time), events_(events), found_(found), options_(std::move(options)),
    tell_(std::move(tell)), tls_(identity) {}

kj::Promise<void> reunion::keep_looking() {
  return loop_.io().provider->getTimer().afterDelay(options_.interval).then([this] { return look(); }).then([this] {
    return keep_looking();
  });
}

kj::Promise<void> reunion::look() {
  auto is_lost = [](const auto& peer) { return !peer->usable() && !peer->removed(); };
  auto is_usable = [](const auto& peer) { return peer->usable(); };
  const auto& peers = options_.peers;
  if (std::none_of(peers.begin(), peers.end(), is_lost) || std::any_of(peers.begin(), peers.end(), is_usable))
    return kj::READY_NOW;
  return addresses().then([this](std::vector<std::string> all) {
    kj::Vector<kj::Promise<void>> calls;
    for (const auto& each : all)
      calls.add(call_on(each));
    return kj::joinPromises(calls.releaseAsArray());
  });
}

kj::Promise<std::vector<std::string>> reunion::addresses() {
  kj::Vector<kj::Promise<result<std::vector<std::string>>>> lookups;
  for (const auto& seed : options_.seeds)
    lookups.add(names_.resolve(seed));
  return kj::joinPromises(lookups.releaseAsArray()).then([this](kj::Array<result<std::vector<std::string>>> looked_up) {
    std::vector<std::string> all;
    for (auto& each : looked_up)
      if (each)
        all.insert(all.end(), each->begin(), each->end());
    if (found_ != nullptr)
      for (auto& each : found_->addresses())
        if (std::find(all.begin(), all.end(), each) == all.end())
          all.push_back(std::move(each));
    return all;
  });
}

kj::Promise<void> reunion::call_on(const std::string& address) {
  auto dialled =
      dial({*loop_.io().provider, names_}, tls_, address, connection_role::control, dns_name_of_cluster(options_.cluster_id));
  return loop_.io()
      .provider->getTimer()
      .timeoutAfter(options_.address_patience, kj::mv(dialled))
      .then([this, address](proven_stream&& proven) { ask(proven.common_name, address); },
            [](kj::Exception&&) {}); // hearsay was wrong, or is not right yet
}

void reunion::ask(const std::string& node_id, const std::string& address) {
  if (node_id == options_.node_id)
    return;
  events_.emit({time_.wall_now(), severity::info, "member_found", {{"id", node_id}, {"address", address}}, "node"});
  questions_.ask({node_id, address}, exchange_members{}, options_.answer_patience, [tell = tell_](result<peer_answer> told) {
    if (told)
      tell(std::move(std::get<exchange_members>(*told)));
  });
}

} // namespace troupe

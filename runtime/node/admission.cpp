#include "runtime/node/admission.hpp"

#include "cluster/lan_discovery.hpp"
#include "cluster/name_resolver.hpp"
#include "runtime/base/host_program.hpp"

#include <kj/async-io.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

namespace {

/// Between rounds.
constexpr auto pause = 500 * kj::MILLISECONDS;

/// What went wrong in one round.
class failures {
public:
  void add(error one) {
    // Of several reasons the one that a person has to act on says what kind it is.
    if (all_.empty() || code_ == error_code::unavailable)
      code_ = one.code;
    if (std::find(all_.begin(), all_.end(), one.message) == all_.end())
      all_.push_back(std::move(one.message));
  }

  /// Nobody has said no.
  bool worth_a_retry() const { return code_ == error_code::unavailable; }

  error summary() const {
    if (all_.empty())
      return {code_,
              "no node has answered whether this one may come in; see whether the cluster's leader is there (`troupe nodes` on a "
              "member), then start it again"};
    if (all_.size() == 1)
      return {code_, all_.front()};
    std::string text = "nobody let this node in:";
    for (const auto& each : all_)
      text += "\n  " + each;
    return {code_, text};
  }

private:
  error_code code_ = error_code::unavailable;
  std::vector<std::string> all_;
};

class admission {
public:
  admission(const node_options& options, const join_token& token, const join_request& who, const private_key& key,
            const clock& time)
    : options_(options), token_(token), who_(who), key_(key), time_(time) {
    if (options.discover == "lan")
      lan_ = std::make_unique<lan_discovery>(io_, lan_discovery_options{lan_program(), token.cluster_id, who.node_id, ""},
                                             [this](const std::string& trouble) { lan_trouble_ = trouble; });
  }

  result<enrolled> await() {
    auto until = time_.now() + admission_patience;
    for (bool first = true;; first = false) {
      failures why;
      auto given = go_round(why, until);
      if (given || !why.worth_a_retry() || time_.now() >= until)
        return given ? given : why.summary();
      if (first)
        std::fprintf(stderr, "%s\ntrying again for %lld s\n", why.summary().message.c_str(),
                     static_cast<long long>(admission_patience.count()));
      io_.provider->getTimer().afterDelay(pause).wait(io_.waitScope);
    }
  }

private:
  result<enrolled> go_round(failures& why, steady_time until) {
    result<enrolled> given = error{error_code::unavailable, ""};
    for (const auto& address : addresses(why)) {
      if (time_.now() >= until)
        break;
      given = join_cluster(*io_.provider, time_, {address, token_.cluster_id, token_.authority_sha256}, who_, key_)
                  .wait(io_.waitScope);
      if (given)
        break;
      why.add(given.failure());
    }
    return given;
  }

  /// Each once.
  std::vector<std::string> addresses(failures& why) {
    std::vector<std::string> all;
    auto add = [&all](const std::vector<std::string>& more) {
      std::copy_if(more.begin(), more.end(), std::back_inserter(all),
                   [&all](const auto& one) { return std::find(all.begin(), all.end(), one) == all.end(); });
    };
    for (const auto& seed : options_.join) {
      auto found = names_.resolve(seed).wait(io_.waitScope);
      if (found)
        add(*found);
      else
        why.add({found.failure().code, "cannot join through " + seed + ": " + found.failure().message});
    }
    if (lan_)
      add(lan_->addresses());
    if (lan_ && all.empty())
      why.add({error_code::unavailable, lan_trouble_.empty() ? "no node of the token's cluster announces itself on the local "
                                                               "network (there it needs --discover lan, too)"
                                                             : lan_trouble_});
    return all;
  }

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  const node_options& options_;
  const join_token& token_;
  const join_request& who_;
  const private_key& key_;
  const clock& time_;
  name_resolver names_;
  std::string lan_trouble_;
  std::unique_ptr<lan_discovery> lan_;
};

} // namespace

result<enrolled> be_admitted(const node_options& options, const join_token& token, const join_request& who,
                             const private_key& key, const clock& time) {
  return admission(options, token, who, key, time).await();
}

} // namespace troupe

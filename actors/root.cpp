#include "actors/root.hpp"

#include "actors/catalog.hpp"
#include "actors/fetcher.hpp"
#include "actors/leader_proxy.hpp"
#include "actors/membership.hpp"
#include "actors/placer.hpp"
#include "actors/pools.hpp"
#include "actors/router.hpp"
#include "actors/supervisor.hpp"

namespace troupe {

namespace {

supervisor_options supervisor_of(const actor_environment& node, std::string name) {
  supervisor_options options{node.time, node.events, rng(node.seeds.next())};
  options.name = std::move(name);
  options.backoff.base = node.timing.retry_base;
  options.backoff.max = node.timing.retry_max;
  return options;
}

/// A child whose handle is entered into a cell of the directory each time it starts.
template <class Handle, class Spawn>
child_spec named_child(std::string id, handle_cell<Handle>& cell, Spawn spawn) {
  child_spec child;
  child.kind = id;
  child.id = std::move(id);
  child.start = [&cell, spawn](caf::local_actor& parent) -> supervised_actor {
    Handle handle = spawn(parent);
    cell.set(handle);
    return handle;
  };
  return child;
}

child_spec archivist_child(const actor_environment& node, const archivist_options& with, bool detach) {
  return named_child("archivist", node.actors.archivist, [with, detach](caf::local_actor& parent) -> archivist_actor {
    return detach ? parent.spawn<caf::detached>(archivist, with) : parent.spawn(archivist, with);
  });
}

child_spec pools_child(const actor_environment& node) {
  auto child = named_child("pools", node.actors.pools,
                           [&node](caf::local_actor& parent) -> pools_actor { return parent.spawn(pools, std::cref(node)); });
  child.shutdown.grace = node.timing.drain_grace + std::chrono::seconds(5);
  child.ready_deadline = node.timing.keeper_patience;
  return child;
}

child_spec deployments_child(const actor_environment& node) {
  auto child = named_child("deployments", node.actors.deployments, [&node](caf::local_actor& parent) -> supervisor_actor {
    auto options = supervisor_of(node, "deployments");
    options.intensity.restarts_max = restart_intensity::unlimited;
    return parent.spawn(supervisor, std::move(options));
  });
  child.kind = "supervisor";
  return child;
}

child_spec serving_child(const actor_environment& node) {
  child_spec child;
  child.id = "serving";
  child.kind = "supervisor";
  child.ready_deadline = 2 * node.timing.keeper_patience;
  child.start = [&node](caf::local_actor& parent) -> supervised_actor {
    auto options = supervisor_of(node, "serving");
    options.strategy = restart_strategy::rest_for_one;
    options.intensity.restarts_max = restart_intensity::unlimited;
    options.children.push_back(named_child("placer", node.actors.placer, [&node](caf::local_actor& inner) -> placer_actor {
      return inner.spawn(placer, std::cref(node));
    }));
    options.children.push_back(deployments_child(node));
    options.children.push_back(named_child("catalog", node.actors.catalog, [&node](caf::local_actor& inner) -> catalog_actor {
      return inner.spawn(catalog, std::cref(node));
    }));
    options.children.back().ready_deadline = node.timing.keeper_patience;
    return parent.spawn(supervisor, std::move(options));
  };
  return child;
}

child_spec membership_child(const actor_environment& node, const membership_options& with) {
  return named_child("membership", node.actors.membership,
                     [with](caf::local_actor& parent) -> membership_actor { return parent.spawn(membership, with); });
}

child_spec registrar_child(const actor_environment& node, const registrar_options& with, bool detach) {
  return named_child("registrar", node.actors.registrar, [with, detach](caf::local_actor& parent) -> registrar_actor {
    return detach ? parent.spawn<caf::detached>(registrar, with) : parent.spawn(registrar, with);
  });
}

/// On a node that doesn't lead.
void add_proxies(std::vector<child_spec>& children, const actor_environment& node) {
  children.push_back(named_child("catalog", node.actors.catalog, [&node](caf::local_actor& parent) -> catalog_actor {
    return parent.spawn(catalog_proxy, std::cref(node));
  }));
  children.push_back(named_child("registrar", node.actors.registrar, [&node](caf::local_actor& parent) -> registrar_actor {
    return parent.spawn(registrar_proxy, std::cref(node));
  }));
  children.push_back(named_child("placer", node.actors.placer, [&node](caf::local_actor& parent) -> placer_actor {
    return parent.spawn(placer_proxy, std::cref(node));
  }));
}

} // namespace

supervisor_actor start_root(caf::actor_system& system, const root_options& options) {
  const auto& node = options.node;
  auto root = supervisor_of(node, "root");
  root.children.push_back(
      named_child("journal", node.actors.journal,
                  [with = options.journal, detach = options.detach](caf::local_actor& parent) -> journal_actor {
                    return detach ? parent.spawn<caf::detached>(journal, with) : parent.spawn(journal, with);
                  }));
  root.children.push_back(named_child("keeper", node.actors.keeper,
                                      [with = options.keeper, detach = options.detach](caf::local_actor& parent) -> keeper_actor {
                                        return detach ? parent.spawn<caf::detached>(keeper, with) : parent.spawn(keeper, with);
                                      }));
  root.children.push_back(named_child("fetcher", node.actors.fetcher, [&node](caf::local_actor& parent) -> fetcher_actor {
    return parent.spawn(fetcher, std::cref(node));
  }));
  root.children.push_back(named_child("router", node.actors.router, [&node](caf::local_actor& parent) -> router_actor {
    return parent.spawn(router, std::cref(node));
  }));
  if (options.archivist)
    root.children.push_back(archivist_child(node, *options.archivist, options.detach));
  root.children.push_back(pools_child(node));
  if (options.cluster) // before the placer, which waits until it knows the nodes
    root.children.push_back(membership_child(node, options.cluster->membership));
  if (options.cluster && !options.cluster->leads)
    add_proxies(root.children, node);
  else
    root.children.push_back(serving_child(node));
  if (options.cluster && options.cluster->leads)
    root.children.push_back(registrar_child(node, options.cluster->registrar, options.detach));
  auto handle = system.spawn(supervisor, std::move(root));
  supervisor_actor made = handle;
  node.actors.root.set(made);
  return made;
}

} // namespace troupe

#include "runtime/node/restore_data_folder.hpp"

#include "actors/cluster_identity.hpp"
#include "runtime/node/node_identity.hpp"
#include "storage/assignment_store.hpp"
#include "storage/restore.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_format.hpp"

#include <optional>
#include <system_error>
#include <utility>

namespace troupe {

namespace {

result<void> copy_all(restore_job& job, const std::function<void(const restore_progress&)>& on_progress) {
  for (bool all = false; !all;) {
    auto stepped = job.step();
    if (!stepped)
      return stepped.failure();
    all = *stepped;
    on_progress({job.bytes_done(), job.manifest().bytes()});
  }
  return {};
}

/// Opens the copy, which is the last proof that it is whole, and makes it a new node's.
result<void> make_it_a_new_nodes(const data_folder& folder, const clock& time) {
  auto records = open_rocks_store(folder);
  if (!records)
    return records.failure();
  auto cluster = cluster_store(**records).cluster();
  if (!cluster)
    return cluster.failure();
  if (*cluster && !(*cluster)->authority_key_pem.empty())
    return error{error_code::failed_precondition, "the backup is of the node that leads cluster " + (*cluster)->cluster_id
                                                      + ": with --lead this machine leads it again"};
  return give_identity(**records, random_node_id(), time.wall_now());
}

/// What stays of a member that takes the lead.
struct lead_taker {
  own_membership self;
  assignment runs; ///< what it was told last
};

/// Of the member whose stopped node has this folder; nothing if no node has it. `failed_precondition` if it is no member's.
result<std::optional<lead_taker>> lead_taker_in(const data_folder* folder, const std::string& path, const clock& time) {
  std::error_code failed;
  if (folder == nullptr || !std::filesystem::exists(folder->path() / "store" / "CURRENT", failed))
    return std::optional<lead_taker>();
  auto records = open_rocks_store(*folder);
  if (!records)
    return error{records.failure().code,
                 records.failure().message + "; to lead without what is in it, move " + path + " aside first"};
  auto identity = check_store_format(**records, {random_node_id(), machine_id(), false}, time.wall_now());
  if (!identity)
    return identity.failure();
  cluster_store cluster(**records);
  auto own = own_cluster(cluster, identity->node_id);
  auto members = cluster.members();
  if (!own || !members)
    return own ? members.failure() : own.failure();
  if (!*own)
    return error{error_code::failed_precondition,
                 "the node of " + path + " belongs to no cluster; --lead makes a member its leader: run it on one"};
  auto runs = assignment_store(**records).load();
  return std::optional(lead_taker{{identity->node_id, std::move(**own), std::move(*members)},
                                  runs && *runs ? std::move(**runs) : assignment()}); // without it, it is told anew
}

/// Makes the copy the member's, and the member the leader; without one, a new node's in the place of the leader that is lost.
result<lead_taken> make_it_the_leaders(const data_folder& folder, const std::optional<lead_taker>& who, const clock& time) {
  auto records = open_rocks_store(folder);
  if (!records)
    return records.failure();
  auto node_id = who ? who->self.node_id : random_node_id();
  if (auto given = give_identity(**records, node_id, time.wall_now()); !given)
    return given.failure();
  cluster_store cluster(**records);
  if (!who)
    return inherit_lead(cluster, node_id, {time.wall_now()});
  if (auto kept = assignment_store(**records).save(who->runs); !kept) // in the place of the lost leader's
    return kept.failure();
  return take_lead(cluster, who->self, {time.wall_now()});
}

} // namespace

/// A member that is to lead is to lead with its own folder: another one would make another node.
error told_to_stop(error why) {
  if (auto advice = why.message.find(data_folder::in_use_advice); advice != std::string::npos)
    why.message.replace(advice, data_folder::in_use_advice.size(), "; stop that node first, then run this again");
  return why;
}

result<restore_report> restore_data_folder(const restore_arguments& arguments,
                                           const std::function<void(const restore_progress&)>& on_progress, const clock& time) {
  auto job = restore_job::begin(arguments.backup, arguments.data_folder, arguments.replace || arguments.lead);
  if (!job)
    return arguments.lead ? told_to_stop(job.failure()) : job.failure();
  std::optional<lead_taker> taker;
  if (arguments.lead) {
    auto found = lead_taker_in((*job)->replaced(), arguments.data_folder, time);
    if (!found)
      return found.failure();
    taker = std::move(*found);
    if (taker)
      taker->self.displaces = arguments.yes;
  }
  if (auto copied = copy_all(**job, on_progress); !copied)
    return copied.failure();
  const auto& manifest = (*job)->manifest();
  restore_report report{{}, manifest.files.size(), manifest.bytes(), manifest.time, 0, {}};
  if (arguments.lead) {
    auto taken = make_it_the_leaders((*job)->folder(), taker, time);
    if (!taken)
      return taken.failure();
    report.epoch = taken->record.lead.epoch;
    report.warnings = std::move(taken->warnings);
  } else if (auto made = make_it_a_new_nodes((*job)->folder(), time); !made)
    return made.failure();
  auto aside = (*job)->put_in_place(time.wall_now());
  if (!aside)
    return aside.failure();
  report.moved_aside = aside->string();
  return report;
}

} // namespace troupe

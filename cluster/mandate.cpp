#include "cluster/mandate.hpp"

#include "cluster/certificates.hpp"
#include "cluster/private_key.hpp"
#include "runtime/base/ids.hpp"

namespace troupe {

std::string mandate_text(std::string_view cluster_id, const leadership& claimed) {
  return "troupe mandate 1\ncluster " + std::string(cluster_id) + "\nepoch " + std::to_string(claimed.epoch) + "\nleader "
         + claimed.leader_id + "\n";
}

result<void> check_mandate(const leadership& claimed, std::string_view authority_pem) {
  auto authority = facts_of(authority_pem);
  if (!authority)
    return authority.failure();
  if (!is_unique_id(claimed.leader_id)
      || !verifies(authority->public_key, mandate_text(authority->common_name, claimed), claimed.signature))
    return error{error_code::permission_denied, "epoch " + std::to_string(claimed.epoch)
                                                    + " is claimed without a good mandate of this cluster's authority; if it is "
                                                      "another cluster's, remove this node's data folder and join anew"};
  return {};
}

} // namespace troupe

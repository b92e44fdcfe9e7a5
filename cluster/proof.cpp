#include "cluster/proof.hpp"

#include "runtime/base/hex.hpp"

namespace troupe {

namespace {

/// In hex, so that nothing of it can pass for another line.
std::string proof_text(std::string_view cluster_id, std::string_view node_id, std::string_view nonce) {
  return "troupe proof of a key 1\ncluster " + to_hex(cluster_id) + "\nnode " + to_hex(node_id) + "\nnonce " + to_hex(nonce)
         + "\n";
}

} // namespace

std::string prove(const private_key& key, std::string_view cluster_id, std::string_view node_id, std::string_view nonce) {
  return key.sign(proof_text(cluster_id, node_id, nonce));
}

bool proves(std::string_view public_key, std::string_view cluster_id, std::string_view node_id, std::string_view nonce,
            std::string_view proof) {
  return verifies(public_key, proof_text(cluster_id, node_id, nonce), proof);
}

} // namespace troupe

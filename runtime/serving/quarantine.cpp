#include "runtime/serving/quarantine.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace troupe {

void quarantine::add(const digest& input) {
  if (entries_.size() == entries_max)
    entries_.pop_front();
  entries_.push_back(input);
}

bool quarantine::holds(const digest& input) const {
  return std::find(entries_.begin(), entries_.end(), input) != entries_.end();
}

quarantine::digest quarantine::digest_of(const inference_request& request) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto& input : request.inputs) {
    EVP_DigestUpdate(context.get(), &input.type, sizeof input.type);
    EVP_DigestUpdate(context.get(), &input.rank, sizeof input.rank);
    EVP_DigestUpdate(context.get(), input.dims, input.rank * sizeof input.dims[0]);
    EVP_DigestUpdate(context.get(), input.data, input.size);
  }
  digest value{};
  EVP_DigestFinal_ex(context.get(), value.data(), nullptr);
  return value;
}

} // namespace troupe

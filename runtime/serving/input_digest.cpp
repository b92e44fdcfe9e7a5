#include "runtime/serving/input_digest.hpp"

#include "runtime/serving/request.hpp"

#include <openssl/evp.h>

namespace troupe {

input_digest digest_of(const inference_request& request) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto& input : request.inputs) {
    EVP_DigestUpdate(context.get(), &input.type, sizeof input.type);
    EVP_DigestUpdate(context.get(), &input.rank, sizeof input.rank);
    EVP_DigestUpdate(context.get(), input.dims, input.rank * sizeof input.dims[0]);
    EVP_DigestUpdate(context.get(), input.data, input.size);
  }
  input_digest value{};
  EVP_DigestFinal_ex(context.get(), value.data(), nullptr);
  return value;
}

} // namespace troupe

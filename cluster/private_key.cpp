#include "cluster/private_key.hpp"

#include "cluster/openssl_handles.hpp"

#include <array>
#include <openssl/crypto.h>

namespace troupe {

namespace {

constexpr std::string_view curve = "prime256v1"; // OpenSSL's name of P-256

bool is_on_curve(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 && std::string_view(group.data(), size) == curve;
}

/// Without it OpenSSL asks the terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) {
  return -1;
}

/// Nothing if it is no key of ours.
key_handle public_key_in(std::string_view der) {
  if (der.size() > public_key_bytes_max)
    return nullptr;
  const auto* at = bytes_of(der);
  const auto* end = at + der.size();
  key_handle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  return key != nullptr && at == end && is_on_curve(key.get()) ? std::move(key) : nullptr;
}

} // namespace

private_key private_key::make() {
  return private_key({must(EVP_EC_gen(curve.data())), EVP_PKEY_free});
}

result<private_key> private_key::from_pem(std::string_view pem) {
  openssl_errors forgotten;
  auto from = pem.size() <= pem_bytes_max ? reader_of(pem) : nullptr;
  key_handle key(from ? PEM_read_bio_PrivateKey(from.get(), nullptr, no_password, nullptr) : nullptr);
  if (key == nullptr || !is_on_curve(key.get()))
    return error{error_code::invalid_argument, "this is no private key: expected PEM, unencrypted, on the curve P-256"};
  return private_key({key.release(), EVP_PKEY_free});
}

std::string private_key::pem() const {
  bio_handle to(must(BIO_new(BIO_s_secmem()))); // wiped when it goes
  must(PEM_write_bio_PKCS8PrivateKey(to.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr));
  return text_in(to.get());
}

std::string private_key::public_key() const {
  return der_of<const EVP_PKEY>(key_.get(), i2d_PUBKEY);
}

std::string private_key::sign(std::string_view text) const {
  digest_handle context(must(EVP_MD_CTX_new()));
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()));
  std::size_t size = 0;
  must(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()));
  std::string signature(size, '\0');
  must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text), text.size()));
  signature.resize(size);
  return signature;
}

result<void> check_public_key(std::string_view public_key) {
  openssl_errors forgotten;
  if (public_key_in(public_key) == nullptr)
    return error{error_code::invalid_argument, "this is no public key: expected DER, on the curve P-256"};
  return {};
}

bool verifies(std::string_view public_key, std::string_view text, std::string_view signature) {
  openssl_errors forgotten;
  auto key = public_key_in(public_key);
  if (key == nullptr)
    return false;
  digest_handle context(must(EVP_MD_CTX_new()));
  must(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()));
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

} // namespace troupe

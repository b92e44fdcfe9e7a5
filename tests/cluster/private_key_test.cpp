#define BOOST_TEST_MODULE private_key
#include "cluster/openssl_handles.hpp"
#include "cluster/private_key.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher) {
  bio_handle to(must(BIO_new(BIO_s_mem())));
  must(PEM_write_bio_PKCS8PrivateKey(to.get(), key, cipher, "password", 8, nullptr, nullptr));
  return text_in(to.get());
}

std::string key_on_another_curve() {
  key_handle key(must(EVP_EC_gen("P-384")));
  return pem_of(key.get(), nullptr);
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused_and_not_repeated) {
  auto key = private_key::make();
  auto pem = key.pem(), encrypted = pem_of(key.handle(), EVP_aes_128_cbc());
  for (const auto& text : {std::string(), std::string("hunter2"), key_on_another_curve(), encrypted,
                           pem.substr(0, pem.size() / 2), std::string(private_key::pem_bytes_max + 1, 'A')}) {
    auto refused = private_key::from_pem(text);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.failure().code == error_code::invalid_argument));
    BOOST_TEST(refused.failure().message == "this is no private key: expected PEM, unencrypted, on the curve P-256");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_public_key_is_refused) {
  auto key = private_key::make().public_key();
  auto off_the_curve = key;
  off_the_curve.back() = static_cast<char>(off_the_curve.back() ^ 1);
  for (const auto& der : {std::string(), std::string("MFkw"), key + "x", key.substr(1), key.substr(0, key.size() - 1),
                          off_the_curve, std::string(public_key_bytes_max + 1, '0')})
    BOOST_TEST((check_public_key(der).failure().code == error_code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_key_or_text_or_a_changed_one_is_not_good) {
  auto key = private_key::make(), other = private_key::make();
  auto signature = key.sign("text");
  BOOST_TEST(verifies(key.public_key(), "text", signature));
  BOOST_TEST(!verifies(other.public_key(), "text", signature));
  BOOST_TEST(!verifies(key.public_key(), "text ", signature));
  BOOST_TEST(!verifies(key.public_key(), "text", signature + "x"));
  BOOST_TEST(!verifies(key.public_key(), "text", ""));
  BOOST_TEST(!verifies("no key", "text", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    BOOST_TEST(!verifies(key.public_key(), "text", changed));
  }
}

BOOST_AUTO_TEST_CASE(a_key_comes_back_from_its_text) {
  auto key = private_key::make();
  auto back = private_key::from_pem(key.pem()).value();
  BOOST_TEST(key.pem().find("-----BEGIN PRIVATE KEY-----\n") == 0U);
  BOOST_TEST((back.public_key() == key.public_key()));
  BOOST_TEST(check_public_key(back.public_key()).ok());
  BOOST_TEST(verifies(key.public_key(), "text", back.sign("text")));
  BOOST_TEST((private_key::make().public_key() != key.public_key()));
}

BOOST_AUTO_TEST_CASE(a_wiped_secret_is_empty) {
  std::string secret = "secret";
  wipe(secret);
  BOOST_TEST(secret.empty());
}

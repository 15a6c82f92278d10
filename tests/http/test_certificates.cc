#include "http/test_certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace hubmirror::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, int (*)(FILE*)>;

void Require(bool done) {
  if (!done) throw std::runtime_error("cannot make the test's certificates");
}

void Extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate Make(const char* name, long serial, EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

Key MakeKey() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  Require(key != nullptr);
  return key;
}

void Save(const std::string& path, X509* certificate) {
  const File file(std::fopen(path.c_str(), "w"), std::fclose);
  Require(file != nullptr && PEM_write_X509(file.get(), certificate) == 1);
}

void Save(const std::string& path, EVP_PKEY* key) {
  const File file(std::fopen(path.c_str(), "w"), std::fclose);
  Require(file != nullptr &&
          PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace

TestCertificates::TestCertificates(const std::string& folder, const std::string& alternative,
                                   const char* subject)
    : ca_file(folder + "/ca.pem"),
      certificate_file(folder + "/server.pem"),
      key_file(folder + "/server.key") {
  const Key ca_key = MakeKey();
  const Certificate ca = Make("hubmirror test authority", 1, ca_key.get());
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  Extend(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  Extend(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign");
  Require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0);

  const Key key = MakeKey();
  const Certificate server = Make(subject, 2, key.get());
  X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
  Extend(server.get(), ca.get(), NID_subject_alt_name, alternative);
  Require(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0);

  Save(ca_file, ca.get());
  Save(certificate_file, server.get());
  Save(key_file, key.get());
}

}  // namespace hubmirror::testing

#include "http/trust_store.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <new>
#include <stdexcept>

namespace hubmirror {

TrustStore::TrustStore(const std::string& ca_file) : store_(X509_STORE_new()) {
  if (store_ == nullptr) throw std::bad_alloc();
  const bool loaded = ca_file.empty() ? X509_STORE_set_default_paths(store_) == 1
                                      : X509_STORE_load_file(store_, ca_file.c_str()) == 1;
  if (loaded) return;
  ERR_clear_error();
  X509_STORE_free(store_);
  throw std::runtime_error(ca_file.empty()
                               ? "the system's certificate authorities cannot be loaded: install "
                                 "ca-certificates or set api.ca_file"
                               : "api.ca_file " + ca_file +
                                     " cannot be read as PEM certificates: check path, "
                                     "permissions and contents");
}

TrustStore::~TrustStore() {
  X509_STORE_free(store_);
}

x509_store_st* TrustStore::Share() const {
  X509_STORE_up_ref(store_);
  return store_;
}

}  // namespace hubmirror

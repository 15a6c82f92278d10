#include "http/tls_bio.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cstdint>

namespace hubmirror {
namespace {

int DescriptorOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio)));
}

int WriteQuietly(BIO* bio, const char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  const auto sent =
      static_cast<int>(::send(DescriptorOf(bio), bytes, static_cast<size_t>(count), MSG_NOSIGNAL));
  if (sent <= 0 && BIO_sock_should_retry(sent) != 0) BIO_set_retry_write(bio);
  return sent;
}

int ReadSocket(BIO* bio, char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  const auto got =
      static_cast<int>(::recv(DescriptorOf(bio), bytes, static_cast<size_t>(count), 0));
  if (got < 0 && BIO_sock_should_retry(got) != 0) BIO_set_retry_read(bio);
  return got;
}

long Control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // Nothing is kept back; nothing else is asked for.
}

const BIO_METHOD* Method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hubmirror socket");
    BIO_meth_set_write(made, WriteQuietly);
    BIO_meth_set_read(made, ReadSocket);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

}  // namespace

bio_st* MakeTlsBio(int descriptor) {
  BIO* const bio = BIO_new(Method());
  if (bio == nullptr) return nullptr;
  // A BIO of one's own keeps its state behind one pointer; the descriptor is all of ours, and
  // nothing follows the pointer (https://docs.openssl.org/3.0/man3/BIO_get_data/).
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace hubmirror

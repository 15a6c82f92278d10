#pragma once

struct bio_st;

namespace hubmirror {

/// The means by which TLS reads and writes a socket. OpenSSL's own calls write(2), and a peer that
/// has closed in the middle would end a process that does not ignore SIGPIPE; this one's writing
/// fails instead. The BIO is the caller's (SSL_set_bio takes it), the descriptor stays open after
/// it.
bio_st* MakeTlsBio(int descriptor);

}  // namespace hubmirror

#include <doctest/doctest.h>

#include <string>

#include "settings/text/problem.h"
#include "settings/text/text_form.h"
#include "settings/text/text_trap.h"
#include "settings/text/web_address.h"

namespace hubmirror {
namespace {

bool Fits(const TextForm& form, const std::string& text) {
  return !form.check(text);
}

TEST_CASE("what a file brings into a message is nothing that a terminal obeys") {
  CHECK(QuoteForMessage("a\x1b[2Jb") == "\"a?[2Jb\"");
  // A right-to-left override (U+202E) and a C1 control (U+009B, which begins a command).
  CHECK(QuoteForMessage("a\xe2\x80\xae"
                        "b") == "\"a?b\"");
  CHECK(KeyForMessage("a\xc2\x9b"
                      "b") == "a?b");
}

TEST_CASE("a property that is named is not a pattern of several") {
  CHECK(Fits(kPropertyName, "hs_lead_status"));
  CHECK(Fits(kPropertyPattern, "hs_*"));
  for (const std::string text : {"*", "hs_*", "stage?", "a b", "a,b"}) {
    CAPTURE(text);
    CHECK_FALSE(Fits(kPropertyName, text));
  }
}

TEST_CASE("connection strings without secrets pass in both forms") {
  for (const std::string text :
       {"dbname=crm", "host=/run/postgresql dbname=crm", "host = 'a b' user='it\\'s'",
        "  dbname=crm  ", "host= dbname=x", "postgresql://", "postgresql:///crm",
        "postgres://user@db1,db2:5433/crm?target_session_attrs=read-write",
        "postgresql://[::1]:5432/crm", "postgresql:///crm?host=/run/postgresql",
        "passfile=/etc/pgpass dbname=crm", "host=a options='-c x=password=y'"}) {
    CAPTURE(text);
    CHECK(Fits(kDsn, text));
  }
}

TEST_CASE("a password is found in a connection string however it is written") {
  for (const std::string text :
       {"password=a", "host=db password = a", "host=db password='a b'", "sslpassword=a",
        "host='x' password=''", "postgresql://u:p@db", "postgres://u:p@db/crm", "postgres://:p@db",
        "postgres://u:a?b@db/crm", "postgres://u:a/b@db/crm", "postgres://u:p@h1,h2/crm",
        "postgres://db/crm?password=a", "postgres://db/crm?a=b&sslpassword=a",
        "postgres://db?pass%77ord=a", "postgres://db?%70assword=a"}) {
    CAPTURE(text);
    const auto fault = kDsn.check(text);
    REQUIRE(fault);
    CHECK(fault->what == "the connection string holds a password");
  }
}

TEST_CASE("what is no connection string is refused without being shown") {
  for (const std::string text : {"crm", "=x", "host", "host='a", "host=a b", "mysql://db", " "}) {
    CAPTURE(text);
    const auto fault = kDsn.check(text);
    REQUIRE(fault);
    CHECK(fault->what == "this value is not a PostgreSQL connection string");
  }
}

TEST_CASE("an index is on a column or on lower() of one, and on nothing else") {
  for (const std::string text :
       {"email", "created_at", "_synced_at", "lower(email)", "lower", "it's\"odd"}) {
    CAPTURE(text);
    CHECK(Fits(kIndexKey, text));
  }
  for (const std::string text :
       {"lower()", "lower(email", "email)", "(email)", "upper(email)", "lower(lower(email))",
        "lower(email) desc", "lower(email)x", "LOWER(email)", "lower(a,b)", "a b", "a,b",
        "lower(email));drop", "lower(created_at)", "lower(_synced_at)"}) {
    CAPTURE(text);
    CHECK_FALSE(Fits(kIndexKey, text));
  }
}

TEST_CASE("http is for loopback addresses only, and names that look like one are none") {
  for (const std::string text :
       {"https://api.hubapi.com", "https://api.hubapi.com/", "https://api.hubapi.com:8443",
        "http://127.0.0.1", "http://127.1.2.3:80", "http://localhost:8080", "http://[::1]:8080"}) {
    CAPTURE(text);
    CHECK(Fits(kOrigin, text));
  }
  for (const std::string text : {"http://api.hubapi.com",
                                 "http://127.0.0.1.example.com",
                                 "http://127.example.com",
                                 "http://0.0.0.0",
                                 "http://[::2]",
                                 "http://localhost.example.com",
                                 "http://[::ffff:8.8.8.8]",
                                 "http://127.0.0.1@example.com",
                                 "https://",
                                 "https:///",
                                 "https://a/b",
                                 "https://a?b",
                                 "https://user@a",
                                 "https://a:0",
                                 "https://a:x",
                                 "https://a:",
                                 "https://a:99999",
                                 "https://[::1",
                                 "https://::1",
                                 "api.hubapi.com",
                                 "ftp://a",
                                 "h",
                                 "https://a b"}) {
    CAPTURE(text);
    CHECK(!Fits(kOrigin, text));
  }
}

TEST_CASE("a proxy has a port and no password") {
  CHECK(Fits(kProxy, "http://proxy.example.com:3128"));
  CHECK(Fits(kProxy, "http://[::1]:3128/"));
  for (const std::string text : {"http://proxy", "http://proxy:0", "https://proxy:3128",
                                 "http://u:p@proxy:3128", "proxy:3128", "http://"}) {
    CAPTURE(text);
    CHECK(!Fits(kProxy, text));
  }
}

TEST_CASE("the local port listens on loopback addresses only") {
  for (const std::string text : {"127.0.0.1:9437", "127.8.9.1:0", "[::1]:9437", "localhost:0"}) {
    CAPTURE(text);
    CHECK(Fits(kListenAddress, text));
  }
  for (const std::string text : {"0.0.0.0:9437", "[::]:9437", "192.168.1.5:80", "[fe80::1]:80",
                                 "[::ffff:127.0.0.1]:80", "127.0.0.1", ":9437", "9437",
                                 "example.com:80", "::1:80", "[::1]", "127.0.0.1:", "127.0.0.1:-1",
                                 "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:+1", "127.1:80"}) {
    CAPTURE(text);
    CHECK(!Fits(kListenAddress, text));
  }
  CHECK(kListenAddress.check("0.0.0.0:9437")->next.find("reverse proxy") != std::string::npos);
}

TEST_CASE("API versions are dated") {
  CHECK(Fits(kApiVersion, "2026-09"));
  CHECK(Fits(kApiVersion, "2027-03-beta"));
  for (const std::string text :
       {"v3", "2026-9", "2026-09-01", "2026-09-", "2026-09-alpha", "202609"}) {
    CAPTURE(text);
    CHECK(!Fits(kApiVersion, text));
  }
}

TEST_CASE("a portal may not own a schema that others use") {
  CHECK(Fits(kSchemaName, "crm_acme"));
  CHECK(Fits(kSchemaName, "_x9"));
  CHECK(Fits(kSchemaName, std::string(63, 'a')));
  for (const std::string text : {"hubmirror", "public", "pg_catalog", "pg_", "information_schema",
                                 "Crm", "9a", "a-b", "a.b", "a b", "\xC3\xA9"}) {
    CAPTURE(text);
    CHECK(!Fits(kSchemaName, text));
  }
  CHECK(!Fits(kSchemaName, std::string(64, 'a')));
}

TEST_CASE("words that some readers of YAML take for something else are told apart from text") {
  for (const std::string text : {"no", "No", "NO", "n", "y", "Yes", "on", "OFF", "true", "False"}) {
    CAPTURE(text);
    CHECK(TextTrap(text) == "a truth value");
  }
  for (const std::string text : {"1", "-1", "+1", "017", "0o17", "0x1F", "0b1", "1_000", "2026.09",
                                 "1e3", "1.5E+3", ".5", ".inf", "-.INF", ".nan", "5."}) {
    CAPTURE(text);
    CHECK(TextTrap(text) == "a number");
  }
  for (const std::string text : {"1:30", "12:30:45", "-1:30", "190:20:30.15"}) {
    CAPTURE(text);
    CHECK(TextTrap(text) == "a number in base 60");
  }
  CHECK(TextTrap("2026-09-01") == "a date");
  CHECK(TextTrap("2026-09-01T10:00:00Z") == "a date");
  for (const std::string text :
       {"2026-09", "acme", "0-1", "2-123", "nope", "127.0.0.1:9437", "1:99x", "e", "-", "a:1",
        "1.2.3", "credential:db", "::1", "1e", "0x", "30s", "_", "5:", "."}) {
    CAPTURE(text);
    CHECK(TextTrap(text).empty());
  }
}

TEST_CASE("portal keys are short lower-case words") {
  for (const std::string key : {"a", "acme", "acme_2", "a234567890123456789012345678901"}) {
    CHECK(!CheckPortalKey(key));
  }
  for (const std::string key :
       {"", "A", "9a", "_a", "a-b", "a.b", "a2345678901234567890123456789012"}) {
    CAPTURE(key);
    CHECK(CheckPortalKey(key));
  }
}

}  // namespace
}  // namespace hubmirror

#include "jobs/part_size.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using Next = PartSize::Next;

namespace {

ApiError Of(ApiErrorKind kind) {
  return {.kind = kind};
}

}  // namespace

TEST_CASE("part size: a server's first failure is asked again, its second one in halves") {
  PartSize part(100);
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 100) == Next::kSame);
  CHECK(part.size() == 100);
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 100) == Next::kSmaller);
  CHECK(part.size() == 50);
}

TEST_CASE("part size: what is too large or cannot be decoded is halved at once") {
  for (const ApiErrorKind kind : {ApiErrorKind::kTooLarge, ApiErrorKind::kDecode}) {
    PartSize part(100);
    CHECK(part.Failed(Of(kind), 30) == Next::kSmaller);
    CHECK(part.size() == 15);
  }
}

TEST_CASE("part size: a failure that size cannot mend changes nothing") {
  PartSize part(100);
  for (int i = 0; i < 10; ++i) {
    CHECK(part.Failed(Of(ApiErrorKind::kBurstLimit), 100) == Next::kSame);
    CHECK(part.Failed(Of(ApiErrorKind::kConnect), 100) == Next::kSame);
  }
  CHECK(part.size() == 100);
}

TEST_CASE("part size: one item alone is to blame after three failures and not before") {
  PartSize part(100);
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 1) == Next::kSame);
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 1) == Next::kSame);
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 1) == Next::kAlone);
  part.Answered();
  CHECK(part.Failed(Of(ApiErrorKind::kServer), 1) == Next::kSame);
}

TEST_CASE("part size: after four answers it doubles, up to where it began") {
  PartSize part(100);
  part.Failed(Of(ApiErrorKind::kTooLarge), 100);
  for (int i = 0; i < 3; ++i) part.Answered();
  CHECK(part.size() == 50);
  part.Answered();
  CHECK(part.size() == 100);
  for (int i = 0; i < 10; ++i) part.Answered();
  CHECK(part.size() == 100);
}

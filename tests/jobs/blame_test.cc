// Who is to blame when requests for records fail: one of them, or all of HubSpot.
#include <doctest/doctest.h>

#include "jobs/part_size.h"

using namespace hubmirror;
using Judged = Blame::Next;

namespace {

const ApiError kServerFails{.kind = ApiErrorKind::kServer};

/// Of a hundred records, asked for until one of them is alone and keeps failing.
Blame OneAlone() {
  Blame blame(100);
  for (size_t asked = blame.size(); asked > 1; asked = blame.size()) {
    blame.Failed(kServerFails, asked);
  }
  for (int i = 0; i < 3; ++i) CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  return blame;
}

}  // namespace

TEST_CASE("blame: what fails is asked for in halves, and no witness before one is alone") {
  Blame blame(4);
  CHECK(blame.Failed(kServerFails, 4) == Judged::kAgain);
  CHECK(blame.Failed(kServerFails, 4) == Judged::kSmaller);
  CHECK(blame.size() == 2);
  CHECK(blame.Failed(kServerFails, 2) == Judged::kSmaller);
  CHECK(blame.size() == 1);
  CHECK_FALSE(blame.wants_witness());
}

TEST_CASE("blame: a record is to blame that fails again after its witness was answered") {
  Blame blame = OneAlone();
  REQUIRE(blame.wants_witness());
  blame.WitnessAnswered(true);
  CHECK_FALSE(blame.wants_witness());
  CHECK(blame.size() == 1);
  CHECK(blame.Failed(kServerFails, 1) == Judged::kToBlame);
  CHECK_FALSE(blame.wants_witness());
}

TEST_CASE("blame: while no witness is answered nobody is to blame") {
  Blame blame = OneAlone();
  for (int i = 0; i < 50; ++i) {
    REQUIRE(blame.wants_witness());
    blame.WitnessAnswered(false);
    CHECK_FALSE(blame.wants_witness());
    CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  }
}

TEST_CASE("blame: a record that is answered after its witness is not to blame") {
  Blame blame = OneAlone();
  blame.WitnessAnswered(true);
  blame.Answered();
  CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  CHECK_FALSE(blame.wants_witness());
}

TEST_CASE("blame: the witness of one record speaks for no other") {
  Blame blame = OneAlone();
  blame.WitnessAnswered(true);
  blame.Forget();
  CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);

  Blame wanting = OneAlone();
  wanting.Forget();
  CHECK_FALSE(wanting.wants_witness());
}

TEST_CASE("blame: the next record has all of its tries, whoever was to blame before") {
  Blame blame = OneAlone();
  blame.WitnessAnswered(true);
  REQUIRE(blame.Failed(kServerFails, 1) == Judged::kToBlame);
  CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  CHECK_FALSE(blame.wants_witness());
  CHECK(blame.Failed(kServerFails, 1) == Judged::kAgain);
  CHECK(blame.wants_witness());
}

TEST_CASE("blame: a failure that no record can cause accuses none, even after a witness") {
  const ApiError away{.kind = ApiErrorKind::kConnect};
  Blame blame = OneAlone();
  blame.WitnessAnswered(true);
  CHECK(blame.Failed(away, 1) == Judged::kAgain);
  CHECK_FALSE(blame.wants_witness());
  CHECK(blame.size() == 1);
  CHECK(blame.Failed(kServerFails, 1) == Judged::kToBlame);
}

TEST_CASE("blame: after a record was set aside, answers let the parts grow back") {
  Blame blame = OneAlone();
  blame.WitnessAnswered(true);
  REQUIRE(blame.Failed(kServerFails, 1) == Judged::kToBlame);
  for (int i = 0; i < 40; ++i) blame.Answered();
  CHECK(blame.size() == 100);
}

#pragma once

#include <string_view>

namespace hubmirror {

/// Which records a job has to look at again.
inline constexpr std::string_view kHistoryStep = R"sql(
CREATE TABLE @schema@._due (
  object text NOT NULL,
  job text NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (object, job, id));
COMMENT ON TABLE @schema@._due IS
  'Records whose rows changed since a job that follows them has looked: the job ''history'' reads what their properties were before';
)sql";

}  // namespace hubmirror

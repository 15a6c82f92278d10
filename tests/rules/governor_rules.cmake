hubmirror_test(governor_rules
  SOURCES r18_within_the_limits_test.cc r19_no_starvation_test.cc
  LINK hubmirror_fakes
  LABELS rules)

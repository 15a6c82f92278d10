hubmirror_test(mirror_rules
  SOURCES r06_pages_mapped_as_asked_test.cc r09_row_hash_test.cc r10_we_parse_test.cc
  LINK hubmirror::mirror
  LABELS rules)

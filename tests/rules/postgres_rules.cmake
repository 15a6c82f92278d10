# The rules that are kept by transactions and SQL, each against a real server.
hubmirror_test(postgres_rules_tests
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/r07_one_transaction_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r08_newer_wins_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r09_compare_before_writing_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r11_bad_row_or_bad_database_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r12_foreign_schema_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r14_gone_is_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/r15_last_survivor_test.cc
  LINK hubmirror_postgres_fixture
  LABELS rules TIMEOUT 600)

hubmirror_test(feed_rules_tests
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/f_change_feed_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/f_filled_values_test.cc
  LINK hubmirror_postgres_fixture
  LABELS rules)

-- Tables that stay empty are never looked at by autovacuum, and the planner takes a table that nobody
-- has looked at for ten pages: of a thousand portals, hubmirror.status would then seem worth compiling,
-- which takes minutes.
ANALYZE @schema@._stream_state, @schema@._pending, @schema@._quarantine;

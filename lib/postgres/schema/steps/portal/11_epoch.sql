-- What shows that another daemon took over, though it bears our name, and that a commit is missing.
ALTER TABLE @schema@._owner ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE @schema@._stream_state ADD COLUMN writes bigint NOT NULL DEFAULT 0;

-- `epoch` shows that another daemon took over, even one with our name; `writes` shows a lost
-- commit.
ALTER TABLE @schema@._owner ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE @schema@._stream_state ADD COLUMN writes bigint NOT NULL DEFAULT 0;

-- A view cannot gain columns between others: it goes, and is made again with all of today's.
DROP VIEW IF EXISTS @schema@.status;

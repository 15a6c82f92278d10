-- The view is made again with every column of today.
DROP VIEW IF EXISTS @schema@.status;

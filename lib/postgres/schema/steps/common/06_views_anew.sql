-- Views of this schema are made again after any step, see step 4.
SELECT;

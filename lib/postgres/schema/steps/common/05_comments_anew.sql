-- Every step is followed by writing the comments of schema/descriptions.h; here that is all.
SELECT;

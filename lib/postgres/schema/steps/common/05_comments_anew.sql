-- The comments of schema/descriptions.h are written after any step.
SELECT;

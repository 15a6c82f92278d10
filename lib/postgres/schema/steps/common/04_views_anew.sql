-- Views of this schema are made again after any step. A view keeps the functions and operators that
-- were found when it was made, and until then others could plant some in the search path.
SELECT;

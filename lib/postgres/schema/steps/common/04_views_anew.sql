-- Every step is followed by making the views of this schema again; here that is all. A view keeps
-- the functions and operators that PostgreSQL found when it was made, and before this step others
-- could plant their own in the search path.
SELECT;

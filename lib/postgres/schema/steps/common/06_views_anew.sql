-- Every step is followed by making the views of this schema again; here that is all (see step 4).
SELECT;

"""`gradcheck run`: a file of the user, run quietly, and checks of what it computes."""

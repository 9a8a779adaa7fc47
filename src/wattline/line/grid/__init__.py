"""What electricity costs, emits and drinks; what should power a load, and what its flexibility is worth."""

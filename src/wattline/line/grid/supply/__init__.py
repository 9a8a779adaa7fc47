"""What should power a load: one linear program, hourly over the year, its solvers, its certificate, and the plan."""

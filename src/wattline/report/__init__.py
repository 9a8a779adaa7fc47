"""What people see of an answer, made from its JSON alone."""

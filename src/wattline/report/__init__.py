"""What people see of an answer: text and pages, made from its JSON alone."""

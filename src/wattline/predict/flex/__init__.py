"""What flexibility is worth: room on a grid, jobs that wait or move, swings that are held still."""

"""Images and video: joules, watts and seconds of what a model makes on a chip, and what followed."""

"""Many steps in time: the training run and the serving of prompts."""

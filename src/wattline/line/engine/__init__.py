"""Many steps in time: a training run, a prompt, a service on the average."""

"""What is to be done: models, training runs, requests, each as FLOPs and bytes."""

"""Models that make images and video, as passes: text encoders, a denoiser run step by step, a decoder."""

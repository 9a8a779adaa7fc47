"""Embeddings, rerankers, vision transformers and speech to text: joules, watts and seconds of what is read."""

"""Models that read and write no prose: embeddings, rerankers, vision transformers, and speech to text, as passes."""

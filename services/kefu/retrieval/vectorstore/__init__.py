"""Vector stores: FAISS in memory, and Milvus."""

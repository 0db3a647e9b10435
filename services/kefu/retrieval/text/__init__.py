"""Words of a text for BM25: segmentation, stemming, the user's dictionary, CC-CEDICT."""

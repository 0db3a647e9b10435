"""Sources of a collection: what is fetched by itself, compared, judged, and imported document by document."""

"""`kefu sources`: sites, feeds, repositories and other systems whose documents are fetched by themselves."""

"""The analyzer that tests of search share."""

from functools import cache

from kefu.common.cache_folder import default_cache
from kefu.retrieval.text.analyzer import Analyzer


@cache
def analyzer() -> Analyzer:
    """Made when the first test asks for it: that takes seconds, which no worker should spend on reading the modules."""
    return Analyzer(b"salt", cache_folder=default_cache())

"""
The form of address: the company answers the customer. A small model repeats the question's own pronouns instead, and
tells the customer "you ship to Hong Kong", or speaks of "my order" as if it were the customer.
"""

import re

from kefu.router.grounding.own_words import content, folded, own_words
from kefu.text.citations import without_citations

_CUSTOMERS_EN = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|mine|me|myself)\b")
_REGRETS = re.compile(r"\bi(?:'m| am) (?:(?:very|so|really) )?(?:sorry|afraid)\b")
_CUSTOMERS_ZH = re.compile(r"(?<!自)我(?![们国司方店家行校院])|俺|咱(?!们)")
_NAME_EN = re.compile(r"(?<=[a-z,>›] )My (?=[A-Za-z])|(?<![\"“*])[\"“*]+My ")
"""In the middle of a sentence and written large: a page or a button."""
_NAME_ZH = re.compile(r"我的[\u3400-\u9fff]{2}")
_COMPANY_ZH = re.compile(r"你们|您们|贵(?:司|店|公司|方)")
_AUXILIARY = r"(?:do|does|did|can|could|will|would|are|have|may|should)(?:n't| not)?"
_ASKED_OF_COMPANY = re.compile(rf"\b{_AUXILIARY} (?:you|u|ya)(?: guys| all)? ((?:[a-z']+ ){{0,2}}[a-z']+)")
_SAID_OF_YOU = re.compile(
    r"\byou(?: guys| all)?(?: (?:can|do|will|would|are|have|may|also|always|only|currently|not|don't|can't))* ([a-z']+)"
)
_YOUR = re.compile(r"\byour ([a-z'-]+)")


def is_misaddressed(question: str, sentence: str, names: str = "") -> bool:
    """Whether a sentence speaks as the customer, or says "you" of the company as the question did.

    `names`: a text in which what is called "My orders" or 我的订单 is called so.
    """
    own = own_words(without_citations(sentence))
    asked, said = folded(question), folded(_NAME_EN.sub(" ", own))
    said = _NAME_ZH.sub(lambda found: "" if found[0] in names else found[0], said)
    if _CUSTOMERS_EN.search(_REGRETS.sub("", said)) or _CUSTOMERS_ZH.search(said) or _COMPANY_ZH.search(said):
        return True
    verbs = frozenset[str]().union(*(content(found[1]) for found in _ASKED_OF_COMPANY.finditer(asked)))
    if any(content(found[1]) & verbs for found in _SAID_OF_YOU.finditer(said)):
        return True
    # "What is your return policy?" asks about the company's; "your order" may be the customer's in both.
    return "my " not in asked and bool(_things(asked) & _things(said))


def _things(text: str) -> frozenset[str]:
    return frozenset(found[1] for found in _YOUR.finditer(text))

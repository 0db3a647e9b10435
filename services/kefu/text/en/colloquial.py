"""How people type English: short forms, and what they say beside the matter. See colloquial.py."""

import re

from kefu.text.language_pack import ColloquialRules

_SHORT_FORMS = """
    you: u ya
    your: ur
    please: pls plz plss plse
    thanks: thx thnx tnx thanx tysm
    going to: gonna
    want to: wanna
    have to: gotta
    give me: gimme
    let me: lemme
    don't know: dunno
    I don't know: idk
    because: cuz coz
    what: wat wut
    about: abt
    though: tho
    through: thru
    and: n
    tomorrow: tmrw tmr tmw 2moro 2morrow
    today: 2day
    before: b4
    message: msg
    people: ppl
    account: acct
    password: pwd passwd
    quantity: qty
    can't: cant
    don't: dont
    doesn't: doesnt
    didn't: didnt
    won't: wont
    isn't: isnt
    wasn't: wasnt
    haven't: havent
    hasn't: hasnt
    I'm: im
    I've: ive
    what's: whats
    how's: hows
    where's: wheres
    when's: whens
    that's: thats
"""
_CLAUSE = r"(?:^|(?<=[.,;:!?\n]))[ \t]*"
_WHOM = r"(?: (?:there|all|everyone|everybody|team|guys|folks|support|again))?"

RULES = ColloquialRules(
    standard_forms={
        short: form.strip()
        for line in _SHORT_FORMS.strip().splitlines()
        for form, _, shorts in (line.partition(":"),)
        for short in shorts.split()
    },
    rewrites=(
        (re.compile(r"\br u\b", re.IGNORECASE), "are you"),
        (re.compile(r"\b(?:you|u) (?:guys|folks|lot)\b", re.IGNORECASE), "you"),
        (re.compile(r"\by'?all\b", re.IGNORECASE), "you"),
    ),
    manners=re.compile(
        rf"{_CLAUSE}(?:hi|hello|hey|hiya|heya|yo|greetings|good (?:morning|afternoon|evening|day)){_WHOM}"
        r"(?=[\s,.;:!?]|$)[,.;:!?]*"
        rf"|{_CLAUSE}(?:so sorry|sorry to bother you|excuse me|(?:just )?(?:a |one )?quick question|question(?=:)"
        r"|i have a (?:quick )?question)(?=[\s,.;:!?]|$)[,.;:!?]*"
        r"|\b(?:please|kindly|wtf|omg|lol|lmao|ffs|smh|tbh|btw|fyi)\b,?"
        r"|\b(?:thanks|thank you|ty)(?: (?:in advance|so much|very much|a lot|again))?(?=[\s,.;:!?]*$)"
        r"|,? ?\b(?:mate|bro|dude)\b(?=[\s,.;:!?]*$)",
        re.IGNORECASE,
    ),
)

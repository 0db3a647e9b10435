"""
Language packs: all that the rules over customers' messages know of one language. A language is one module and one line.

The modules above hold the logic, and know no language. They try every pack, whatever the language of a message is:
people mix them ("ok 谢谢").
"""

from kefu.router.nlu.packs.en import ENGLISH
from kefu.router.nlu.packs.language_pack import LanguagePack
from kefu.router.nlu.packs.zh import CHINESE

PACKS: tuple[LanguagePack, ...] = (ENGLISH, CHINESE)

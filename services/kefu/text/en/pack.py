"""The English language pack."""

from kefu.text.en import colloquial, personal_data, question_rules
from kefu.text.language_pack import LanguagePack

ENGLISH = LanguagePack("en", "a-z", question_rules.RULES, personal_data.RULES, colloquial.RULES)

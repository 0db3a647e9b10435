"""The Chinese language pack."""

from kefu.text.language_pack import LanguagePack
from kefu.text.zh import colloquial, personal_data, question_rules

CHINESE = LanguagePack(
    "zh",
    "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    question_rules.RULES,
    personal_data.RULES,
    colloquial.RULES,
)

"""Normalization of messages as people type them: for matching intents and topics, not for searching."""

import re
import unicodedata
from collections.abc import Iterator

from kefu.common.text.chinese import simplified

# What OpenCC leaves as it is: variants that are not traditional characters, and texts with kana or hangul in them.
_SIMPLIFIED = str.maketrans(
    "謝轉請問嗎時見氣們電話聯絡繫務員說談幫對沒關係線個還誰麼讓來為會煩勞瞭聽這給別機講機開認與現無過",
    "谢转请问吗时见气们电话联络系务员说谈帮对没关系线个还谁么让来为会烦劳了听这给别机讲机开认与现无过",
)
_MISSPELT = {
    "hello": "helo hllo hlelo ehllo hallo hullo hellow heello helllo",
    "thanks": "thnaks thnks tahnks thansk thanx thx tx thks tks tnx thnx thankss thanls",
    "thank": "thnak tahnk thnk thakn",
    "you": "u yu yuo ya",
    "please": "plz pls plese pleas pleae pleasee plase",
    "okay": "okey okie oky",
    "bye": "bey buy-bye byee",
    "goodbye": "godbye gudbye goodby goobye",
    "morning": "mornin moring",
    "agent": "agnet agen aegnt agenet agant",
    "human": "humna hunam huamn humman humen",
    "person": "persn perosn preson peson",
    "representative": "represenative representitive reprensentative representive representativ repesentative",
    "operator": "operater opertor oprator",
    "customer": "custmer cusomer customr costumer cutomer",
    "service": "sevice servce servise serivce",
    "support": "suport supprt",
    "speak": "speek spaek sepak",
    "talk": "tlak takl tallk",
    "someone": "somone somene",
    "want": "wnat",
    "你好": "你号 泥好 你嚎 拟好 您号 妮好 nihao",
    "谢谢": "谢射 蟹蟹 谢xie 3q 3克油 xiexie",
    "再见": "再贱 在见 zaijian",
    "拜拜": "掰掰 白白 88 886",
    "人工": "人功 人公 仁工 真人工 rengong",
    "客服": "课服 客福 客户服务 kefu",
    "转": "专 zhuan",
}
_CORRECTED = {wrong: right for right, typed in _MISSPELT.items() for wrong in typed.split()}
_LATIN_WORD = re.compile(r"[a-z0-9'-]+")
_HAN_SLIPS = re.compile(
    "你号|泥好|你嚎|拟好|您号|妮好|谢射|蟹蟹|再贱|在见|掰掰|人功|人公|仁工|课服|客福|专(?=人工|接人工|真人)"
)
_AGAIN = re.compile(r"([^\W\d_])\1{2,}")  # digits excepted: 666 is no 6


def normalize(text: str) -> str:
    """Simplified characters, NFKC, lower case, usual slips put right, single blanks. Linear in the text's length."""
    text = simplified(text)
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").translate(_SIMPLIFIED)
    text = _HAN_SLIPS.sub(lambda slip: _CORRECTED[slip[0]], text)
    return " ".join(_LATIN_WORD.sub(lambda word: _CORRECTED.get(word[0], word[0]), text).split())


def readings(segment: str) -> Iterator[str]:
    """A segment, then with letters that are drawn out said twice and once: "hellooo", "gooood", "好好好"."""
    yield segment
    if _AGAIN.search(segment):
        for times in (r"\1\1", r"\1"):
            yield normalize(_AGAIN.sub(times, segment))

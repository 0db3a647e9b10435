"""What surrounds personal data in Chinese: see pii.py."""

from collections.abc import Iterator

from kefu.text.language_pack import PersonalDataRules, PersonalKind
from kefu.text.linear_pattern import LinearPattern

_NOT_IN_NAMES = str.maketrans(dict.fromkeys("到在住是往去至寄送给你我他的了这那条从由址走沿过收", "\n"))
"""Characters that no name of a place has: in "寄到人民路12号" the address begins after 到."""
_HAN = "[\u4e00-\u9fff]"
_NUMBER = r"[0-9０-９一二三四五六七八九十百]{1,6}"
_UNIT = (
    r"(?:[0-9A-Za-z０-９一二三四五六七八九十]{1,5}"
    r"(?:栋|幢|棟|座|号楼|號樓|单元|單元|楼|樓|层|層|室|房|户|號|号)){1,4}"
)
_SPACE = r"[ \t\r\n\f　]"
_MEMORY_MIB = 32
# A province, a city, a district and a town may each end at any of eight characters: 4,000 of them took a backtracking
# engine 85 ms.
_STREET = LinearPattern(
    rf"(?:{_HAN}{{2,8}}?(?:省|自治区|特别行政区))?(?:{_HAN}{{1,8}}?[市州盟])?(?:{_HAN}{{1,8}}?[区區县縣旗])?"
    rf"(?:{_HAN}{{1,8}}?(?:镇|鎮|乡|鄉|街道|村))?"
    rf"{_HAN}{{1,8}}?(?:大道|路|街|巷|弄|胡同|里)(?:[东西南北中]?[一二三四五六七八九十]?段)?"
    rf"{_SPACE}?{_NUMBER}{_SPACE}?(?:号|號|弄|-[0-9０-９]+号?)(?:{_SPACE}?{_UNIT})?",
    memory_mib=_MEMORY_MIB,
)
_BUILDING = LinearPattern(
    rf"(?:{_HAN}{{2,10}}?(?:小区|社区|花园|公寓|家园|大厦|新村|苑)){_SPACE}?{_UNIT}"
    r"|[0-9０-９]{1,4}(?:栋|幢|棟|号楼)(?:[0-9０-９]{1,3}单元)?"
    rf"{_SPACE}?[0-9０-９]{{2,5}}(?:室|房|号)?",
    memory_mib=_MEMORY_MIB,
)


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    names = text.translate(_NOT_IN_NAMES)  # a class without them would be ten times as long in UTF-8
    for pattern in (_STREET, _BUILDING):
        for match in pattern.finditer(names):
            yield match.span()


RULES = PersonalDataRules(
    placeholders={
        PersonalKind.EMAIL: "邮箱",
        PersonalKind.ID_CARD: "身份证号",
        PersonalKind.BANK_CARD: "银行卡号",
        PersonalKind.PASSPORT: "护照号",
        PersonalKind.PHONE: "电话",
        PersonalKind.ADDRESS: "地址",
        PersonalKind.IP: "IP地址",
    },
    passport="护照|護照",
    before_number=(
        r"(?:单号|單號|订单|訂單|编号|編號|快递|快遞|运单|運單|发票|發票|流水|合同|保单|保單|序列|型号|型號|货号|工单)"
        r"[号號]?+(?:码|碼)?+\s*+(?:是|为|：|:)?+\s*+"
    ),
    before_phone=r"(?:电话|電話|手机|手機|号码|號碼|致电|致電|联系|聯繫|微信|座机)[^\d\n]{0,6}",
    addresses=_addresses,
)

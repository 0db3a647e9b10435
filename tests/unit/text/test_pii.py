"""What is personal data and what only looks like it."""

import time

from kefu.text.pii import PersonalKind, holds_personal_data, redacted
from tests.support.table import table

_PERSONAL = [
    ("Call me on 13812345678", "Call me on [phone]"),
    ("我的电话是13812345678，谢谢", "我的电话是[电话]，谢谢"),
    ("手机138 1234 5678", "手机[电话]"),
    ("+86 138-1234-5678 是我的号码", "[电话] 是我的号码"),
    ("打0571-88886666找我", "打[电话]找我"),
    ("My number is (212) 555-0123.", "My number is [phone]."),
    ("Please call 212-456-7890 after six", "Please call [phone] after six"),
    ("reach me at +44 20 7946 0958", "reach me at [phone]"),
    ("+852 9123 4567 係我電話", "[电话] 係我電話"),
    ("我的手機 0912-345-678", "我的手機 [电话]"),
    ("身份证 11010519491231002X 可以吗", "身份证 [身份证号] 可以吗"),
    ("my ID is 440304 19900101 0097?", "my ID is [ID card]?"),
    ("卡号6222 0212 3456 7890 128", "卡号[银行卡号]"),
    ("card 4111 1111 1111 1111 was charged twice", "card [bank card] was charged twice"),
    ("5555-5555-5555-4444", "[bank card]"),
    ("write to li.lei+shop@example.com.cn please", "write to [email] please"),
    ("邮箱lilei@qq.com收不到验证码", "邮箱[邮箱]收不到验证码"),
    ("my address is 81.2.69.142", "my address is [IP address]"),
    ("2a02:8071:85a3::8a2e:370:7334 is blocked", "[IP address] is blocked"),
    ("寄到浙江省杭州市西湖区文三路478号3幢502室", "寄到[地址]"),
    ("送到人民路12号就行", "送到[地址]就行"),
    ("阳光花园3栋2单元501室没收到", "[地址]没收到"),
    ("Ship it to 742 Evergreen Terrace, Springfield", "Ship it to [address]"),
    ("I live at 10 Downing Street, London SW1A 2AA.", "I live at [address]."),
    ("send to 350 Fifth Ave, New York, NY 10118", "send to [address]"),
    ("my passport is E12345678", "my passport is [passport]"),
    ("护照号G12345678丢了", "护照号[护照号]丢了"),
]
_NOT_PERSONAL = """
My order number is 20261125123456
Order 2025551234 has not arrived
订单号13812345678什么时候到
订单 4111111111111111 没收到
快递单号是75312345678901
Where is #212-456-7890?
Is the SM-G973U in stock?
It costs ¥1,388.00 or 1388 yuan
29.99 USD
2026-11-25 14:30:05
We met on 25.11.2026
客服热线400-820-8820
Call us free on 1-800-356-9377
400 800 1234
退款7个工作日到账，满300元包邮
Error 0x80070057 in line 1024
ISBN 978-7-111-54493-7
Version 1.22.333
WebSphere 8.5.5.9 and 7.0.0.10
01931234-5678-7123-8123-123456789012
sha256 1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
保修期为12个月，自2026年11月25日起
1 号店和 2 号店都有
下一路公交几号开
5 minutes drive from the station
a 3 way plug
Top 10 Places
2 for 1 this week
4000123456789010
iPhone 15 Pro Max 256 GB
微信号 abc_123
127.0.0.1:50053
ping 192.168.0.84
10:20:30
走这条路3号出口
how many of the 1000000 points expire?
我要 2 件 165/88A 的
EAN 6901234567892
"""


@table(("text", "expected"), _PERSONAL)
def test_personal_data_is_replaced_by_a_placeholder_in_the_texts_language(text: str, expected: str) -> None:
    assert redacted(text) == expected
    assert holds_personal_data(text)


@table("text", [line for line in _NOT_PERSONAL.splitlines() if line])
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redacted(text) == text
    assert not holds_personal_data(text)


def test_a_wrong_check_digit_makes_no_card() -> None:
    assert not holds_personal_data("编码 110105194912310021")
    assert not holds_personal_data("4111 1111 1111 1112")


def test_several_pieces_in_one_text_are_all_replaced() -> None:
    text = "张三，13812345678，lilei@qq.com，杭州市文三路478号"
    assert redacted(text) == "张三，[电话]，[邮箱]，[地址]"


def test_what_is_to_be_kept_is_kept() -> None:
    text = "81.2.69.142 called 13812345678"
    assert redacted(text, keep={PersonalKind.IP}) == "81.2.69.142 called [phone]"


def test_long_texts_are_looked_at_quickly() -> None:
    for text in (
        "路" * 4000,
        "1 " * 2000,
        "1234567 " * 500,
        "a@" * 2000,
        "省市区路" * 1000,
        "12 Main " * 500,
        ":" * 4000,
    ):
        began = time.process_time()
        redacted(text[:4000])
        assert time.process_time() - began < 1.0, text[:10]

"""Numbers in text: in digits, in English words, in Han characters."""

import re

HAN_DIGITS = "零〇一二两三四五六七八九十百千万"
_LONGEST_HAN_NUMBER = 16
"""Characters. 九千九百九十九万九千九百九十九 has 15; a longer row is read as several numbers, each of them small."""
HAN_NUMBER = re.compile(f"[{HAN_DIGITS}]{{1,{_LONGEST_HAN_NUMBER}}}")
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_WORDS = re.findall(
    "[a-z]+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_TENS = re.findall("[a-z]+", "twenty thirty forty fifty sixty seventy eighty ninety")
NUMBER_WORDS = {
    **{word: value for value, word in enumerate(_WORDS)},
    **{word: 20 + 10 * i for i, word in enumerate(_TENS)},
    **{f"{ten}-{_WORDS[unit]}": 20 + 10 * i + unit for i, ten in enumerate(_TENS) for unit in range(1, 10)},
    "hundred": 100,
    "thousand": 1000,
}


def normalized_number(number: str) -> str:
    """A number in digits without what does not change its value: 1,388 and 1388.0 and 01388 are all "1388"."""
    whole, _, fraction = number.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def han_number(text: str) -> int:
    """The value of a number as `HAN_NUMBER` finds it: 三十 is 30, 一百零五 is 105, 两万 is 20000."""
    total, section, digit = 0, 0, 0
    for character in text:
        if character in "零〇":
            continue
        value = "一二三四五六七八九".find("二" if character == "两" else character) + 1
        if value:
            digit = value
        elif character == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + section + digit

"""Texts from outside that some format takes for something else than a text."""

TEXTS = {
    "quotes": "a\"b'c`d",
    "mathematics": "$x^2$ \\frac{}_",
    "ends in a backslash": "back\\",
    "lines": "new\nline\r",
    "comments": "*/ /* // # --",
    "tripled quotes": "\"\"\"'''",
    "null": "nul\0l",
    "a formula": "=cmd|' /C calc'!A0",
    "right to left": "\u202ertl\u2028é😀",
    "long": "x" * 10_000,
    "patterns": "%d%s%n {a} ${x} ??/ ??)",
    "markup": "<b>&amp;</b> ]]> -->",
    "a script": "</script><script>alert(1)</script>",
    "controls": "\x1b[31m\x07\x85",
}
# As in the name of a file that is no UTF-8. Tables that hold one are refused.
HALF = "half \udce9"

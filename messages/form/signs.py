"""Emoji in words, for print: no text font draws them, and an empty box would be evidence of nothing."""

import re

_NAMES = {
    "👍": "polegar para cima",
    "👎": "polegar para baixo",
    "👏": "palmas",
    "🙏": "mãos juntas",
    "🙌": "mãos para cima",
    "👌": "ok",
    "🤝": "aperto de mãos",
    "👋": "aceno",
    "😀": "sorriso",
    "😃": "sorriso",
    "😄": "sorriso",
    "😁": "sorriso",
    "😊": "sorriso",
    "🙂": "sorriso",
    "😉": "piscada",
    "😂": "riso",
    "🤣": "riso",
    "😅": "riso sem graça",
    "😍": "olhos de coração",
    "🥰": "carinho",
    "😘": "beijo",
    "🤔": "dúvida",
    "😢": "tristeza",
    "😭": "choro",
    "😞": "tristeza",
    "😡": "raiva",
    "😱": "espanto",
    "🙄": "impaciência",
    "❤": "coração",
    "💙": "coração",
    "🎉": "festa",
    "✅": "feito",
    "✔": "feito",
    "❌": "não",
    "⚠": "atenção",
    "📞": "telefone",
    "🦷": "dente",
    "🌹": "flor",
    "⭐": "estrela",
}
_JOINED = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"  # joiners, variants, skin tones, flags
_EMOJI = re.compile(f"([\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff])[{_JOINED}]*|[{_JOINED}]+")


def spell_signs(text: str) -> str:
    """``👍🏽`` becomes ``[emoji: polegar para cima]``; one without a name here gets its code, so nothing is lost."""
    return _EMOJI.sub(_spelt, text)


def _spelt(found: re.Match[str]) -> str:
    if not found[1]:
        return ""
    return f"[emoji: {_NAMES.get(found[1]) or f'U+{ord(found[1]):04X}'}]"

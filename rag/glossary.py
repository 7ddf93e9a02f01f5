"""A Chinese question in English words, by a bilingual list that staff keep beside the documents (`glossary.csv`).

Longest match first; what asks comes to the front, as English has it: 布拉格市長是誰 → who is Prague mayor?
Non-scope: translating sentences; whether a question needs this (`rag/language.py`).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import CorpusError
from rag.lexical import CJK

FILE = "glossary.csv"
COLUMNS = ["zh", "en"]
# Of a question's Chinese characters. All dev questions are above it (the lowest has 0.83); of 3,524 questions about
# other things (DRCD) 1.7 % are.
LEAST_UNDERSTOOD = 0.75

OF = "of"  # the English of 的: what stands before it belongs to what follows

# Both ways of writing are one here: each traditional character of the list that ships, and its simplified form.
_SIMPLIFIED = str.maketrans(
    "並亞來個們倫備內兩冊刪創劃動務區協參呂問單嗎國執報場壇夠夥學實將專對導屆帶幫幾庫廣強後從復態應懷戰據數於時會業構標樣機檢權歡減測濟"
    "瀏灣為爾獎獲現產甦畫療發眾礎種稱積篩簽約紓紹組結給統經維網線緩總織繼續羅義習聞臺與興舉蘭處號術補裡裏規視親覽觀觸訂計訊訪設註詞試該認"
    "語說説誰課誼調請論講謝議讓貴費貼貿賀資賓贊車軟輕轉辦辭這連進遊運過達還醫錄錢鍵長門閉開間閱關際難電韌韓項預領頭題額駐駕駛驗體麥麼黃點",
    "并亚来个们伦备内两册删创划动务区协参吕问单吗国执报场坛够伙学实将专对导届带帮几库广强后从复态应怀战据数于时会业构标样机检权欢减测济"
    "浏湾为尔奖获现产苏画疗发众础种称积筛签约纾绍组结给统经维网线缓总织继续罗义习闻台与兴举兰处号术补里里规视亲览观触订计讯访设注词试该认"
    "语说说谁课谊调请论讲谢议让贵费贴贸贺资宾赞车软轻转办辞这连进游运过达还医录钱键长门闭开间阅关际难电韧韩项预领头题额驻驾驶验体麦么黄点",
)
_ASKS = re.compile(r"(?:(?:on|in) )?(?:who|what|which|when|where|why|how)\b")
_WHAT_ABOUT = "呢"  # at the end of a question in which nothing asks: 布拉格呢？
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10**4, "亿": 10**8, "億": 10**8, "萬": 10**4}
_NUMERAL = f"[{''.join((*_DIGITS, *_UNITS, *_GROUPS))}]{{2,}}"  # a single one is a word of the list
_PLAIN = f"[^\\W_{CJK}](?:[^\\s{CJK}]*[^\\W_{CJK}])?"  # Latin words, numbers, addresses


@dataclass(frozen=True)
class Glossary:
    """`terms`: Chinese, in either form → English; empty where a word says nothing to search for."""

    terms: Mapping[str, str]
    _english: Mapping[str, str] = field(init=False, repr=False)
    _piece: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        english = {chinese.translate(_SIMPLIFIED): english for chinese, english in self.terms.items()}
        longest_first = "|".join(map(re.escape, sorted(english, key=len, reverse=True))) or "(?!)"
        object.__setattr__(self, "_english", english)
        object.__setattr__(
            self,
            "_piece",
            re.compile(f"(?P<numeral>{_NUMERAL})|(?P<term>{longest_first})|(?P<unknown>[{CJK}])|(?P<plain>{_PLAIN})"),
        )

    def english(self, question: str) -> str | None:
        """The question in English words; what is not known stays as it is, so that it is searched for and missed.

        None where too little is known.
        """
        sentences = [self._read(sentence) for sentence in re.split(r"[？?]", question) if sentence.strip()]
        chinese = sum(sentence.chinese for sentence in sentences)
        known = sum(sentence.known for sentence in sentences)
        asked = [_asked(s) for s in sentences if any(not _ASKS.match(word) for word in _content(s.words))]
        return " ".join(asked) if asked and known >= LEAST_UNDERSTOOD * chinese else None

    def names(self, question: str) -> dict[str, str]:
        """What it knows of the question's words, by their Chinese; no single characters, which mean many things."""
        found = (match.span() for match in self._piece.finditer(question.translate(_SIMPLIFIED)) if match["term"])
        words = {question[a:b]: self._english[question[a:b].translate(_SIMPLIFIED)] for a, b in found if b - a > 1}
        return {chinese: english for chinese, english in words.items() if english}

    def _read(self, sentence: str) -> _Sentence:
        words: list[str] = []
        known = chinese = last_unknown = 0
        for match in self._piece.finditer(sentence.translate(_SIMPLIFIED)):
            start, end = match.span()
            if match.lastgroup == "unknown":
                glued = bool(words) and last_unknown == start  # to the unknown character before it
                words[-1 if glued else len(words) :] = [(words[-1] if glued else "") + sentence[start:end]]
                last_unknown = end
            elif match.lastgroup == "term":
                words += filter(None, [self._english[match[0]]])
            else:
                words.append(str(_number(match[0])) if match.lastgroup == "numeral" else match[0])
            if match.lastgroup != "plain":
                chinese += end - start
                known += 0 if match.lastgroup == "unknown" else end - start
        return _Sentence(words, known, chinese, sentence.rstrip().endswith(_WHAT_ABOUT))


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: list[str]  # English, in the order of the sentence
    known: int  # of its Chinese characters
    chinese: int  # all of them
    about: bool  # whether it ends as "what about …?" does


def written_numbers(text: str) -> tuple[set[int], set[int]]:
    """Numbers in Chinese (三十, 100億): those that are numbers for sure, and single characters, which need not be."""
    plain = unicodedata.normalize("NFKC", text).translate(_SIMPLIFIED)
    sure = {int(float(m[1]) * _GROUPS[m[2]]) for m in re.finditer(r"(\d+(?:\.\d+)?)\s*([万萬亿億])", plain)}
    sure |= {_number(m[0]) for m in re.finditer(rf"(?<!\d){_NUMERAL}", plain)}
    return sure, {_DIGITS[c] for c in plain if c in _DIGITS} | {10 for c in plain if c == "十"}


def load_glossary(corpus_dir: Path) -> Glossary:
    """The list of the folder; an empty one where there is none.

    Raises: CorpusError naming the line.
    """
    path = corpus_dir / FILE
    if not path.is_file():
        return Glossary({})
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(f"{FILE} cannot be read: {error}. Save it as CSV in UTF-8.") from None
    if rows[:1] != [COLUMNS]:
        raise CorpusError(f"{FILE} must begin with the line {','.join(COLUMNS)}.")
    terms: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if row and (len(row) != len(COLUMNS) or not row[0].strip()):
            raise CorpusError(f"{FILE}, line {number}: write the Chinese term, a comma, and its English.")
        if row:
            terms[row[0].strip()] = row[1].strip()
    return Glossary(terms)


def _asked(sentence: _Sentence) -> str:
    """A question from what asks onwards; what stood before it follows, A 的 B as B of A."""
    words = sentence.words
    first = next((i for i, word in enumerate(words) if _ASKS.match(word)), None)
    if first is None:
        words, first = (["what about", *words] if sentence.about else words), 0
    before = words[:first]
    last = max((i for i, word in enumerate(before) if word == OF), default=-1)
    owned, owner = _content(before[last + 1 :]), _content(before[: last + 1])
    joined = [*owned, OF, *owner] if owned and owner else owned + owner
    text = " ".join(_content(words[first:]) + joined)
    return text[0].upper() + text[1:] + "?"


def _content(words: list[str]) -> list[str]:
    return [word for word in words if word != OF]


def _number(numeral: str) -> int:
    """二十四 → 24; 二〇二一, digit by digit, → 2021."""
    if not set(numeral) & (_UNITS.keys() | _GROUPS.keys()):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total = group = digit = 0
    for c in numeral:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            group += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            total += (group + digit) * _GROUPS[c]
            group = digit = 0
    return total + group + digit

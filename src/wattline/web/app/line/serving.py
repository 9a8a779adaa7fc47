"""Lines about language models: training, one request, a service, the best set-up, several side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattline.catalog import Catalog
from wattline.web.app.line.counts import NUMBER, compact, product, whole
from wattline.web.app.line.question import LineQuestion
from wattline.web.app.line.spots import spot_in
from wattline.web.app.line.things import USUAL_CHIP, NamedThing, chips_in, model_in, named_in
from wattline.web.app.line.typed import TypedLine

TRAIN = re.compile(
    r"(?<![\w-])(train|training|trained|(?:pre|post)-?train\w*|finetune|q?lora|sft|distill(?:ing|ation)?|dpo|grpo|ppo|"
    r"rlhf)(?![\w-])",
    re.I,
)
SERVED = re.compile(r"\b(serv(?:e|es|ing)|inference service|chatbot|set-?up|latency|TTFT|TPOT)\b", re.I)
_BEST = re.compile(
    r"\b(best|cheapest|optimal|most efficient|fewest|least energy|which (?:chip|gpu|set-?up)|"
    r"how many (?=(?:gpus|chips|\S+s|[A-Z]+\d+\w*) (?:do|for|to)\b)|"
    r"save energy|reduce|cut the energy)\b",
    re.I,
)
_TOKENS = re.compile(rf"{NUMBER}\s*tokens?\b(?!\s*(?:in|out)\b)", re.I)
_LEARNT = re.compile(rf"{NUMBER}\s*tokens?\b", re.I)
_IN = r"(?:in\b(?!\s+(?:the\s+)?[A-Z]|\s+[a-z]{3,}\b(?<!and))|input\b)"
_INPUT = re.compile(
    rf"{NUMBER}\s*(?:tokens?\s*|context\s*)?(?:{_IN})|\b(?:input|prompt of)\s*:?\s*{NUMBER}(?:\s*tokens?)?", re.I
)
_OUTPUT = re.compile(rf"{NUMBER}\s*(?:tokens?\s*)?(?:out\b|outputs?\b)|\boutputs?\s*:?\s*{NUMBER}(?:\s*tokens?)?", re.I)
_RATE = re.compile(
    rf"{NUMBER}\s*(?:requests?|req|prompts?|queries|messages|users)?\s*(?:/\s*|\bper |\ban? |\beach |\bevery )"
    r"(seconds?|sec|s|minutes?|min|hours?|h|days?)\b(?:\s+of\b)?(?:\s+requests?\b)?",
    re.I,
)
_PER = {"s": "s", "m": "min", "h": "h", "d": "day"}
_SHORT = re.compile(rf"{NUMBER}\s*(?:rps|qps)\b", re.I)
_USERS = re.compile(rf"{NUMBER}\s*(?:users|people|clients|customers)\b", re.I)
_EACH_USER = re.compile(
    rf"{NUMBER}\s*(?:prompts?|requests?|queries|messages|questions)\s*(?:each\b|(?:per|a) (?:user|person)\b)", re.I
)
_FORMAT = re.compile(r"\b(bf16|fp16|fp8|fp4|int8|int4|nvfp4|mxfp4)\b", re.I)
_BATCH = re.compile(r"\bbatch(?:es)?(?:\s+size)?(?:\s+of)?\s*[:=]?\s*(\d[\d,]*)\b", re.I)
_METHOD = re.compile(r"\b(qlora|lora|dpo|grpo|ppo)\b", re.I)
_MFU = re.compile(r"\b(?:MFU\s*(?:of\s*)?[:=]?\s*(\d+(?:\.\d+)?)\s*(%?)|(\d+(?:\.\d+)?)\s*(%)\s*MFU)", re.I)
_FIRST = re.compile(r"\b(?:TTFT|first token)\s*(?:under|within|below|at most|<|of|:)*\s*(\d+(?:\.\d+)?\s*m?s)\b", re.I)
_EACH = re.compile(
    r"(?:\bTPOT\s*(?:under|within|below|at most|<|of|:)*\s*(\d+(?:\.\d+)?\s*m?s)\b)|"
    r"(?:under|within|below|<|at most)\s*(\d+(?:\.\d+)?\s*m?s)\b(?:\s*(?:per|a) token)?",
    re.I,
)
_DURATION = re.compile(r"\bfor\s+(\d+(?:\.\d+)?\s*(?:minutes?|min|hours?|h|s|seconds?))\b", re.I)
_REPLICAS = re.compile(r"\b(\d+)\s*replicas?\b", re.I)
_COUNT = re.compile(rf"{NUMBER}[\s\x00]*(?:prompts?|requests?|queries|questions|conversations|chats|x)(?![\w-])", re.I)
_LONG = re.compile(r"\b(?:a|per|one|each|every)\s+(year|month|day|week)\b", re.I)
_VERSUS = re.compile(r"\b(compare|compared|versus|vs|against)\b|\bor\b(?=.*\?)|\bthan\b", re.I)
PROMPT = re.compile(
    r"\b(prompts?|quer(?:y|ies)|chat ?bots?|LLMs?|questions? to (?:an )?AI|summar(?:y|ies|i[sz]\w+)|essays?|e-?mails?|"
    r"pages? (?:report|document|paper|pdf))\b",
    re.I,
)
USUAL_CLOSED, USUAL_MODEL, USUAL_CHIPS, USUAL_TOKENS = "gpt-4o", "llama-3.1-8b", "1024", "15T"


def counts_tokens(text: str) -> bool:
    """Whether a line counts tokens, or requests in and out: then a sign such as "15T" is no mass."""
    return _TOKENS.search(text) is not None or _INPUT.search(text) is not None or _MFU.search(text) is not None


def _first(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def training(line: TypedLine, known: Catalog) -> LineQuestion:
    """A training run; what its makers published of it stands in for what the line does not say.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page.
    """
    method = line.take(_METHOD)
    line.take_all(TRAIN)
    tokens = line.take(_LEARNT)
    values = {"method": method[1].lower()} if method else {}
    taken: list[str] = []
    form, mfu = line.take(_FORMAT), line.take(_MFU)
    model = model_in(line, known)
    if model is not None and model.kind == "closed":
        taken.append(f"{model.name} was never published: {USUAL_MODEL} stands in for it")
        model = None
    elif model is None:
        taken.append(f"model taken: {USUAL_MODEL}")
    name = model.name if model else USUAL_MODEL
    taken += [model.why] if model and model.why else []
    chip, count = chips_in(line, known, taken) or ("", "")
    run = _published(name, known)
    if tokens:
        values["tokens"] = compact(tokens[1])
    else:
        values["tokens"] = run.get("tokens", USUAL_TOKENS)
        taken.append(f"tokens taken: {values['tokens']}")
    values["chip"] = chip or (run.get("chip", "") if not count else "") or USUAL_CHIP
    same = not chip or chip == run.get("chip")
    values["chips"] = count or (run.get("chips", "") if same else "") or USUAL_CHIPS
    if not chip or not count:
        taken.append(f"{int(values['chips']):,} × {values['chip']}")
    if form:
        values["precision"] = form[1].lower()
    if mfu:
        number = float(mfu[1] or mfu[3])
        values["mfu"] = f"{number / 100 if mfu[2] or mfu[4] or number > 1 else number:g}"
    return LineQuestion("train", {"model": name, **values, **_where(line, known, taken)}, tuple(taken))


def _published(model: str, known: Catalog) -> dict[str, str]:
    """Tokens, chip and chips of the run in which a model was trained, as far as they are known."""
    for record in known.records("training_run").values():
        if record.meta.get("model") == model and not record.name.startswith("mlperf") and "tokens" in record.facts:
            made = {"tokens": _scaled(record["tokens"].value), "chip": str(record.meta.get("hardware", ""))}
            if made["chip"] not in known.records("chip"):
                made.pop("chip")
            if "chips" in record.facts:
                made["chips"] = f"{record['chips'].value:.0f}"
            return made
    return {}


def _scaled(tokens: float) -> str:
    return f"{tokens / 1e12:g}T" if tokens >= 1e12 else f"{tokens / 1e9:g}B"


def _where(line: TypedLine, known: Catalog, taken: list[str]) -> dict[str, str]:
    spot = spot_in(line, known)
    taken += [spot.why] if spot.why else []
    return {"region": spot.region} if spot.region else {}


@dataclass(frozen=True)
class LineNumbers:
    """Numbers of a line about requests: rate and its time, sizes in tokens, limits of latency, format and batch."""

    rate: str
    per: str
    sizes: dict[str, str]
    limits: dict[str, str]
    others: dict[str, str]


def _numbers(line: TypedLine) -> LineNumbers:
    limits = _taken(line, {"slo_ttft": _FIRST, "slo_tpot": _EACH})
    rate = line.take(_RATE)
    per = _PER[rate[2][0].lower()] if rate else ""
    number = compact(rate[1]) if rate else ""
    if rate is None and (short := line.take(_SHORT)):
        per, number = "s", compact(short[1])
    elif rate and _each(line) and (users := line.take(_USERS)):
        number = product(number, users[1])
    elif rate and (each := line.take(_EACH_USER)):
        number = product(number, each[1])
    sizes = _taken(line, {"input_tokens": _INPUT, "output_tokens": _OUTPUT})
    if "input_tokens" not in sizes and (tokens := line.take(_TOKENS)):
        sizes["input_tokens"] = tokens[1]
    others = {name: words.lower() for name, words in _taken(line, {"precision": _FORMAT, "batch": _BATCH}).items()}
    return LineNumbers(
        f"{number}/{per}" if number else "",
        per,
        {name: compact(words) for name, words in sizes.items()},
        {name: words.replace(" ", "") for name, words in limits.items()},
        others,
    )


def _each(line: TypedLine) -> bool:
    return re.search(r"\b(?:each|per user|a user)\b", line.left, re.I) is not None


def _taken(line: TypedLine, patterns: dict[str, re.Pattern[str]]) -> dict[str, str]:
    """What the first group of each pattern holds, where the line has it."""
    return {name: _first(match) for name, pattern in patterns.items() if (match := line.take(pattern))}


def request(line: TypedLine, model: NamedThing | None, known: Catalog) -> LineQuestion:
    """One request, a service under traffic, its best set-up, or all requests of a year.

    Parameters
    ----------
    line : of which the words are taken
    model : that it names; None for the usual
    known : the catalog

    Returns
    -------
    The question of the page.
    """
    best = line.has(_BEST)
    line.take_all(_BEST)
    taken = [model.why] if model and model.why else []
    taken += [] if model else [f"model taken: {USUAL_MODEL}"]
    values = {"model": model.name if model else USUAL_MODEL}
    numbers = _numbers(line)
    serves = line.has(SERVED) or bool(numbers.limits) or best
    line.take(SERVED)
    closed = model is not None and model.kind == "closed"
    instance = named_in(line, known, "instance")
    chip, count = ("", "") if instance else chips_in(line, known, taken) or ("", "")
    values |= {"instance": instance.name} if instance else {"chip": chip} if chip else {}
    gpus = {"gpus": count} if count and not closed else {}
    if closed or not (numbers.rate or serves):
        _multiplied(line, numbers.rate, taken)
        values |= gpus | numbers.sizes | numbers.others
        return LineQuestion("prompt", values | _where(line, known, taken), tuple(taken))
    others = {name: words for name, words in numbers.others.items() if name != "batch"}
    values |= numbers.sizes | others | _where(line, known, taken)
    timed = line.has(_DURATION) or line.has(_REPLICAS)
    if numbers.rate and not numbers.limits and not best and not timed and (numbers.per == "day" or not serves):
        return LineQuestion("serve-average", values | gpus | {"rate": numbers.rate}, tuple(taken))
    if best:
        return _best(line, values, numbers, taken)
    return _service(line, values | gpus, numbers, taken)


def _load(line: TypedLine, numbers: LineNumbers, taken: list[str]) -> dict[str, str]:
    duration = line.take(_DURATION)
    taken += [] if numbers.rate else ["rate taken: 10/s"]
    taken += [] if duration else ["duration taken: 5 min"]
    return {"rate": numbers.rate or "10/s", "duration": duration[1] if duration else "5 min"}


def _best(line: TypedLine, values: dict[str, str], numbers: LineNumbers, taken: list[str]) -> LineQuestion:
    load = _load(line, numbers, taken)
    limits = numbers.limits or {"slo_ttft": "1s", "slo_tpot": "50ms"}
    taken += [] if numbers.limits else ["first token within 1s, each token within 50ms"]
    return LineQuestion("frontier", values | load | limits, tuple(taken))


def _service(line: TypedLine, values: dict[str, str], numbers: LineNumbers, taken: list[str]) -> LineQuestion:
    load = _load(line, numbers, taken)
    replicas = line.take(_REPLICAS)
    copies = {"replicas": replicas[1]} if replicas else {}
    return LineQuestion("serve", values | load | copies | numbers.limits, tuple(taken))


def _multiplied(line: TypedLine, rate: str, taken: list[str]) -> None:
    """Say that the answer is of one request where the line counts them."""
    count = line.take(_COUNT)
    long = line.take(_LONG)
    if rate:
        taken.append(f"the answer is of one request; the line has {rate}")
    elif count and whole(count[1]) != "1":
        taken.append(
            f"the answer is of one request; {compact(count[1])} of them take {compact(count[1])} times as much"
        )
    elif long:
        taken.append(f"the answer is of one request; multiply it by those of a {long[1]}")


def side_by_side(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """Two models or two chips beside each other, where a line compares them.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line compares nothing that has an answer.
    """
    if not line.has(_VERSUS) or line.has(TRAIN):
        return None
    trial = TypedLine(line.text)
    models = [thing for _ in range(4) if (thing := model_in(trial, known)) is not None]
    chips = [chip for _ in range(4) if (chip := chips_in(trial, known)) is not None and chip[0]]
    if len(models) < 2 and (not models or len(chips) < 2):
        return None
    tokens = _taken(trial, {"input_tokens": _INPUT, "output_tokens": _OUTPUT})
    sizes = {name: compact(words) for name, words in tokens.items()}
    taken = [model.why for model in models if model.why]
    where = _where(trial, known, taken)
    pairs = [(model.name, each) for model in models for each in chips or [("", "")]]
    columns = []
    for name, (own, count) in pairs[:6]:
        closed = name in known.records("closed")
        values = {
            "model": name,
            **({"chip": own} if own else {}),
            **({"gpus": count} if count and not closed else {}),
        }
        columns.append(("q", LineQuestion("prompt", values | sizes | where).address))
    line.left = trial.left
    line.take(_VERSUS)
    return LineQuestion("side-by-side", {}, tuple(taken), several=tuple(columns))

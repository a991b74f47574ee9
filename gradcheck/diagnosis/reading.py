"""The lines that explain the gradients, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..kinds import KINDS
from ..recognition.chain import Net
from ..recognition.same import same_number
from ..recognition.stages import Pick
from ..recognition.trail import Trail
from ..report import Finding
from .case import Case, in_words

PLACES = {"start": "Backpropagation", "down": "From {above} to {layer},"}

Said = tuple[str, str]  # a kind, and words with {layer}, {above} or {block}
Parts = list[int]  # of the net, where it shows


class Reading:
    """The first of the trails is told mistake by mistake, what the others say instead after it."""

    def __init__(self, case: Case, trails: Sequence[Trail]) -> None:
        self.case, self.net = case, trails[0].net
        every = [self.collect(trail) for trail in trails]
        self.lead = min(range(len(trails)), key=lambda j: len(every[j]))
        self.told = every[self.lead]
        self.others = every[: self.lead] + every[self.lead + 1 :]

    def collect(self, trail: Trail) -> dict[Said, Parts]:
        """Mistakes, nearest the loss first."""
        told: dict[Said, Parts] = {}
        for k in reversed(range(-1, self.net.depth)):
            for kind, says, parts in self.mistakes(trail, k):
                told.setdefault((kind, says), []).extend(parts)
        return told

    def tell(self) -> None:
        case = self.case
        for parts in self.told.values():
            blocks = {self.net.block(part) for part in parts}
            case.roles.update({i: "origin" for i in blocks if case.states[i] == "wrong"})
        keys = list(self.told)
        findings = [self.finding(key[0], (key[1], self.told[key])) for key in keys]
        for other in reversed(self.others):
            news = [(says, parts) for (_, says), parts in other.items()]
            news = [(says, parts) for says, parts in news if all(says != told for _, told in keys)]
            if news:
                kind = next(kind for kind, says in other if says == news[0][0])
                rival = replace(self.finding(kind, *news), instead=True)
                replaced = [j for j, key in enumerate(keys) if key not in other]
                findings.insert(max(replaced, default=len(findings) - 1) + 1, rival)
                keys.insert(max(replaced, default=len(keys) - 1) + 1, (kind, news[0][0]))
        case.findings += findings

    def mistakes(self, trail: Trail, k: int) -> Iterator[tuple[str, str, Parts]]:
        c = trail.choice(k)
        if c is None:
            return
        own = self.net.parts(k)
        here = list(own.values())
        for line in c.path:
            if line.kind:
                says = line.says.replace("{activation}", trail.net.activation(k).name)
                yield line.kind, f"{PLACES.get(line.step, 'In {layer},')} {says}", here
        if c.factor != 1:
            yield self.factor(c.factor, "What reaches {layer}", here)
        for step, way in c.own:
            part, subject = own[step], "{block}"
            if way.use is not None:
                part, subject = self.net.W[way.use], "{block}, where {layer} uses it,"
            if way.line is not None and way.line.kind:
                yield way.line.kind, f"{subject} {way.line.says}", [part]
            if way.line is not None and way.factor != 1:
                yield self.factor(way.factor, subject, [part])

    def factor(self, factor: float, subject: str, parts: Parts) -> tuple[str, str, Parts]:
        if same_number(factor, -1):
            return "sign", f"{subject} has the opposite sign", parts
        name = self.case.factor(factor)
        return "scale", f"{subject} is exactly {name} times the right gradient", parts

    def sentence(self, says: str, parts: Parts) -> str:
        net, case = self.net, self.case
        below = 1 if net.table else 0  # a table is the first of the layers
        layers = [
            k + below for k in range(-below, net.depth) if set(net.parts(k).values()) & set(parts)
        ]
        every = [block.name for block in case.point.blocks]
        order = sorted(set(parts), key=lambda part: (net.block(part), part))
        names = list(dict.fromkeys(self.name(part, every) for part in order))
        return says.format(
            layer=in_words([case.layer_name(k) for k in layers]),
            above=in_words([case.layer_name(k + 1) for k in layers]),
            block=in_words(names) + (": each" if len(names) > 1 else ""),
        )

    def name(self, part: int, names: Sequence[str]) -> str:
        """A block, or what a part of it is."""
        name = self.net.layout.name(part, names)
        if name == names[self.net.block(part)]:
            return name
        found = [
            (k, step)
            for k in range(self.net.depth)
            for step, i in self.net.parts(k).items()
            if i == part
        ]
        (k, step), *_ = found
        what = {"weight": "the weights", "bias": "the biases"}.get(step, "the recurrent weights")
        return f"{name} ({what} of layer {k + 1})"

    def finding(self, kind: str, *told: tuple[str, Parts]) -> Finding:
        blocks = {self.net.block(part) for _, parts in told for part in parts}
        return Finding(
            kind=kind,
            sentence="; and ".join(
                self.sentence(says[:1].lower() + says[1:] if i else says, parts)
                for i, (says, parts) in enumerate(told)
            )
            + ".",
            block=self.case.point.blocks[blocks.pop()].name if len(blocks) == 1 else "",
            evidence=f"The loss is that of {describe(self.net)}, to its last digits; "
            "this mistake in its backward pass gives your gradients, number by number.",
            advice=KINDS[kind].advice,
        )


def describe(net: Net) -> str:
    sizes = "-".join(str(n) for n in (net.first, *net.units))
    names = ", ".join(net.activation(k).name for k in range(net.depth))
    with_ = [
        words
        for words, there in (
            ("embeddings", net.table is not None),
            ("batch norm", any(norm and norm.axis == -2 for norm in net.norms)),
            ("layer norm", any(norm and norm.axis == -1 for norm in net.norms)),
            ("dropout", any(net.mask(k) is not None for k in range(net.depth))),
            ("skip connections", any(net.skips)),
            ("shared weights", len(net.matrices()) < len(net.W)),
            (f"a layer over {net.steps} steps in time", any(net.carries)),
            *((stage.words, True) for stage in net.behind if isinstance(stage, Pick)),
        )
        if there
    ]
    more = f" with {in_words(with_)}" if with_ else ""
    samples = f"{net.samples} sample{'s' * (net.samples > 1)}"
    return f"a {sizes} net{more} ({names}; {net.loss.name}; {samples})"

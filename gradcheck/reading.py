"""The lines that explain the gradients, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .chain import Net
from .decode import Trail, blocks_of, same_number
from .kinds import KINDS
from .report import Finding

if TYPE_CHECKING:
    from .diagnose import Doctor


PLACES = {"start": "Backpropagation", "down": "From {above} to {layer},"}


class Reading:
    """The first of the trails is told mistake by mistake, what the others say instead after it."""

    def __init__(self, doctor: Doctor, trails: Sequence[Trail]) -> None:
        self.doctor, self.net = doctor, trails[0].net
        every = [self.collect(trail) for trail in trails]
        self.lead = min(range(len(trails)), key=lambda j: len(every[j]))
        self.told = every[self.lead]
        self.others = every[: self.lead] + every[self.lead + 1 :]

    def collect(self, trail: Trail) -> dict[tuple[str, str], list[int]]:
        """Mistakes, nearest the loss first: kind and words -> blocks where it shows."""
        told: dict[tuple[str, str], list[int]] = {}
        for k in reversed(range(-1, self.net.depth)):
            for kind, says, blocks in self.mistakes(trail, k):
                told.setdefault((kind, says), []).extend(blocks)
        return told

    def tell(self) -> None:
        doctor = self.doctor
        for blocks in self.told.values():
            doctor.roles.update({i: "origin" for i in blocks if doctor.states[i] == "wrong"})
        keys = list(self.told)
        findings = [self.finding(key[0], self.sentence(key[1], self.told[key])) for key in keys]
        for other in reversed(self.others):
            news = [(says, blocks) for (_, says), blocks in other.items()]
            news = [(says, b) for says, b in news if all(says != told for _, told in keys)]
            if news:
                kind = next(kind for kind, says in other if says == news[0][0])
                rival = replace(
                    self.finding(kind, *(self.sentence(*n) for n in news)), instead=True
                )
                replaced = [j for j, key in enumerate(keys) if key not in other]
                findings.insert(max(replaced, default=len(findings) - 1) + 1, rival)
                keys.insert(max(replaced, default=len(keys) - 1) + 1, (kind, news[0][0]))
        doctor.findings += findings

    def mistakes(self, trail: Trail, k: int) -> Iterator[tuple[str, str, list[int]]]:
        """Kind, words with {layer}, {above} or {block}, and the blocks where it shows."""
        c = trail.choice(k)
        if c is None:
            return
        own = blocks_of(self.net, k)
        here = list(own.values())
        for line in c.path:
            if line.kind:
                says = line.says.replace("{activation}", trail.net.activation(k).name)
                yield line.kind, f"{PLACES.get(line.step, 'In {layer},')} {says}", here
        if c.factor != 1:
            yield self.factor(c.factor, "What reaches {layer}", here)
        for step, way in c.own:
            if way.line is not None:
                if way.line.kind:
                    yield way.line.kind, f"{{block}} {way.line.says}", [own[step]]
                if way.factor != 1:
                    yield self.factor(way.factor, "{block}", [own[step]])

    def factor(self, factor: float, subject: str, blocks: list[int]) -> tuple[str, str, list[int]]:
        if same_number(factor, -1):
            return "sign", f"{subject} has the opposite sign", blocks
        name = self.doctor.factor(factor)
        return "scale", f"{subject} is exactly {name} times the right gradient", blocks

    def sentence(self, says: str, blocks: list[int]) -> tuple[str, list[str]]:
        """The words, and the names of the blocks they are about."""
        doctor = self.doctor
        layers = [k for k, held in enumerate(self.net.layers) if set(held) & set(blocks)]
        names = [doctor.suspects[i].name for i in sorted(set(blocks))]
        words = says.format(
            layer=in_words([doctor.layer_name(k) for k in layers]),
            above=in_words([doctor.layer_name(k + 1) for k in layers]),
            block=in_words(names) + (": each" if len(names) > 1 else ""),
        )
        return words, names

    def finding(self, kind: str, *told: tuple[str, list[str]]) -> Finding:
        names = {name for _, blocks in told for name in blocks}
        return Finding(
            kind=kind,
            sentence="; and ".join(words for words, _ in told) + ".",
            block=names.pop() if len(names) == 1 else "",
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
            ("dropout", any(mask is not None for mask in net.masks)),
        )
        if there
    ]
    more = f" with {in_words(with_)}" if with_ else ""
    return f"a {sizes} net{more} ({names}; {net.loss.name}; {len(net.X)} samples)"


def in_words(names: Sequence[str]) -> str:
    """The names as an enumeration: a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""

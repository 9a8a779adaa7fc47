"""A sentence as its readers take it, and what a reader is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wattline.catalog import Catalog
from wattline.claim.file import Claim
from wattline.claim.sentence.words import relation_in
from wattline.claim.verdict import Relation


class Sentence(NamedTuple):
    """A sentence in the words that the readers take.

    Attributes
    ----------
    text : in figures and plain units
    relation : how its figure is meant: equal, at least, at most
    catalog : whose facts it is held against
    """

    text: str
    relation: Relation
    catalog: Catalog

    @classmethod
    def of(cls, text: str, catalog: Catalog) -> Sentence:
        """The sentence with how its figure is meant.

        Parameters
        ----------
        text : of it
        catalog : whose facts it is held against

        Returns it.
        """
        return cls(text, relation_in(text), catalog)


class Reader(NamedTuple):
    """One kind of sentence.

    Attributes
    ----------
    name : of the kind
    reads : what it is of, in words
    claims : the claims of a sentence of this kind; None for any other. Raises WattlineError for one of this kind that
        cannot be checked
    """

    name: str
    reads: str
    claims: Callable[[Sentence], Claim | tuple[Claim, ...] | None]

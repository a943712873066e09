"""The corpus: the distinct texts of a matrix, and which combinations lead to each."""

from helm_nested.corpus.build import build_corpus
from helm_nested.corpus.corpus import Corpus, Slot

__all__ = ["Corpus", "Slot", "build_corpus"]

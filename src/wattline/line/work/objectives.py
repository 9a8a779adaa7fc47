"""What weights are trained towards, beside the next token of a text: preferences, rewards, a teacher's words.

DPO: Rafailov et al. 2023 (arXiv:2305.18290). PPO of language models: Ouyang et al. 2022 (arXiv:2203.02155). GRPO: Shao
et al. 2024 (arXiv:2402.03300). Distillation by a teacher's logits: Hinton et al. 2015 (arXiv:1503.02531).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.line.work.tuning import METHODS


@dataclass(frozen=True)
class Objective:
    """What an objective adds to training on the same tokens.

    Attributes
    ----------
    title : in words
    forwards : further forward passes over each token, in passes of the model itself
    frozen : copies of the model's weights that are kept beside it and stand still
    critics : models of its size that are trained beside it
    rollouts : whether the tokens are first written by the model
    """

    title: str
    forwards: float
    frozen: int = 0
    critics: int = 0
    rollouts: bool = False


OBJECTIVES = {
    "dpo": Objective("preferences (DPO)", 1.0, frozen=1),
    # the frozen reference, and the probabilities at the time of writing
    "grpo": Objective("rewards (GRPO)", 2.0, frozen=1, rollouts=True),
    # these, a reward model, the critic's values, and its training: a forward pass and two in reverse
    "ppo": Objective("rewards with a critic (PPO)", 7.0, frozen=2, critics=1, rollouts=True),
    "distill": Objective("a teacher's words", 0.0),
}


# what people call the same
SUPERVISED = ("sft", "finetune", "fine-tuning")
SYNONYMS = {
    **dict.fromkeys((*SUPERVISED, "fft", "full-finetuning"), "full"),
    "peft": "lora", "rlhf": "ppo", "rlvr": "grpo", "distillation": "distill",
}  # fmt: skip
# what is no training
ELSEWHERE = {"eval": "evaluation", "evaluation": "evaluation", "inference": "chat"}


def read_objective(method: str) -> tuple[str, str]:
    """What is trained, and towards what.

    Parameters
    ----------
    method : such as ``full``, ``lora``, ``grpo`` (of all weights) or ``lora+dpo``

    Returns a member of ``METHODS`` and one of ``OBJECTIVES``, or "" for the next token. Raises WattlineError.
    """
    named = [part.strip().lower() for part in method.split("+")]
    if len(named) > 1:  # the next token is what anything is trained towards where nothing else is said
        named = [word for word in named if word not in SUPERVISED] or named[:1]
    parts = [SYNONYMS.get(word, word) for word in named]
    trained = [part for part in parts if part in METHODS]
    towards = [part for part in parts if part in OBJECTIVES]
    known = (*METHODS, *OBJECTIVES)
    strange = next((part for part in parts if part not in known), None)
    if strange in ELSEWHERE:
        raise WattlineError(f"method: {strange} trains nothing: take `wattline session {ELSEWHERE[strange]}`")
    if strange is not None:
        near = nearest_names(strange, known)
        words = f"; nearest: {near[0]}" if near else ""
        raise WattlineError(f"method: {shorten(strange)!r} is none of {', '.join(known)}{words}")
    if len(trained) > 1 or len(towards) > 1:
        raise WattlineError(f"method: {shorten(method)!r}: give one of {', '.join(METHODS)}, and one objective")
    return trained[0] if trained else "full", towards[0] if towards else ""

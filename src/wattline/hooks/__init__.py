"""Energy where people train and serve: callbacks of their libraries, each imported where it is used and nowhere else.

from wattline.hooks.transformers import TransformersEnergy
from wattline.hooks.lightning import LightningEnergy
from wattline.hooks.accelerate import AccelerateEnergy
from wattline.hooks.keras import KerasEnergy
from wattline.hooks.loop import LoopEnergy
from wattline.hooks.vllm import VllmEnergy
from wattline.hooks.litellm import LiteLLMEnergy
"""

"""Components by the class that their ``config.json`` names: what writes down the pass of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wattline.core.errors import WattlineError, nearest_names, reason_of, shorten
from wattline.core.fact import Array
from wattline.line.work.diffusion import (
    decoders,
    hunyuan_video_15,
    image_transformers,
    joint_transformers,
    ltx,
    text_encoders,
    unet,
    video_decoders,
)
from wattline.line.work.diffusion import video_transformers as video
from wattline.line.work.diffusion.alone import check_settings
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import feed_forward, self_attention, time_embedding
from wattline.line.work.diffusion.unet_kandinsky import kandinsky_3

Component = Callable[[Config, Sizes], Pass]
MALFORMED = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError)

DENOISERS: dict[str, Component] = {
    "SD3Transformer2DModel": image_transformers.mmdit,
    "FluxTransformer2DModel": image_transformers.flux,
    "QwenImageTransformer2DModel": image_transformers.qwen_image,
    "PixArtTransformer2DModel": image_transformers.pixart,
    "HunyuanDiT2DModel": image_transformers.hunyuan_dit,
    "SanaTransformer2DModel": image_transformers.sana,
    "Flux2Transformer2DModel": joint_transformers.flux_2,
    "ZImageTransformer2DModel": joint_transformers.z_image,
    "Lumina2Transformer2DModel": joint_transformers.lumina_2,
    "AuraFlowTransformer2DModel": joint_transformers.aura_flow,
    "HiDreamImageTransformer2DModel": joint_transformers.hi_dream,
    "WanTransformer3DModel": video.wan,
    "HunyuanVideoTransformer3DModel": video.hunyuan_video,
    "HunyuanVideo15Transformer3DModel": hunyuan_video_15.hunyuan_video_15,
    "CogVideoXTransformer3DModel": video.cogvideo,
    "LTXVideoTransformer3DModel": video.ltx,
    "LTX2VideoTransformer3DModel": ltx.ltx_2,
    "MochiTransformer3DModel": video.mochi,
    "Kandinsky3UNet": kandinsky_3,
    **dict.fromkeys(unet.KINDS, unet.unet),
}
DECODERS: dict[str, Component] = {
    "AutoencoderKL": decoders.kl_decoder,
    "AutoencoderKLFlux2": decoders.kl_decoder,
    "AutoencoderKLTemporalDecoder": decoders.svd_decoder,
    "AutoencoderDC": decoders.dc_decoder,
    "VQModel": decoders.movq_decoder,
    "AutoencoderKLWan": video_decoders.wan_decoder,
    "AutoencoderKLQwenImage": video_decoders.wan_decoder,
    "AutoencoderKLHunyuanVideo": video_decoders.hunyuan_decoder,
    "AutoencoderKLHunyuanVideo15": hunyuan_video_15.hunyuan_decoder_15,
    "AutoencoderKLCogVideoX": video_decoders.cogvideo_decoder,
    "AutoencoderKLLTXVideo": ltx.ltx_decoder,
    "AutoencoderKLLTX2Video": ltx.ltx_2_decoder,
    "AutoencoderKLMochi": video_decoders.mochi_decoder,
}
ENCODERS: dict[str, Callable[[Config, Array], Pass]] = {
    "T5EncoderModel": text_encoders.t5,
    "MT5EncoderModel": text_encoders.t5,
    "UMT5EncoderModel": text_encoders.t5,
    "CLIPTextModel": text_encoders.clip,
    "CLIPTextModelWithProjection": text_encoders.clip,
    "BertModel": text_encoders.clip,
    "LlamaModel": text_encoders.language_model,
    "LlamaForCausalLM": text_encoders.language_model,
    "Gemma2Model": text_encoders.language_model,
    "Gemma2ForCausalLM": text_encoders.language_model,
    "Qwen2_5_VLForConditionalGeneration": text_encoders.language_model,
    "Qwen2_5_VLTextModel": text_encoders.language_model,
    "Qwen3Model": text_encoders.language_model,
    "Qwen3ForCausalLM": text_encoders.language_model,
    "Mistral3ForConditionalGeneration": text_encoders.language_model,
    "ChatGLMModel": text_encoders.chat_glm,
    "Gemma3ForConditionalGeneration": text_encoders.gemma_3,
    "Gemma3ForCausalLM": text_encoders.gemma_3,
    "LTX2TextConnectors": ltx.ltx_2_connectors,
}


def denoiser_pass(config: Config, sizes: Sizes) -> Pass:
    """One forward pass of a denoiser.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError where its class is not known.
    """
    return _made(_named(config, DENOISERS, "denoiser"), config, sizes)


def decoder_pass(config: Config, sizes: Sizes) -> Pass:
    """The decoder's pass.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError where its class is not known.
    """
    return _made(_named(config, DECODERS, "decoder"), config, sizes)


def encoder_pass(config: Config, tokens: Array) -> Pass:
    """A text encoder's pass over so many tokens.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError where its class is not known.
    """
    named = config.get("architectures") or [config.get("_class_name")]
    return _made(_of(str(named[0]), ENCODERS, "text encoder"), config, tokens)


def prior_pass(config: Config, text_tokens: float = 77.0) -> Pass:
    """``PriorTransformer`` of Kandinsky 2.2: text to the picture's embedding.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    text_tokens : of the text [token]

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("PriorTransformer")
    layers = number_in(config, "num_layers", 20)
    width = number_in(config, "attention_head_dim", 64) * number_in(config, "num_attention_heads", 32)
    rows = np.asarray(text_tokens + 4)
    self_attention(tally, rows, rows, width, width, layers)
    feed_forward(tally, rows, width, 4 * width, layers)
    tally.elementwise(rows * width, 30 * layers, 14 * layers)
    time_embedding(tally, width, width)
    tally.product(rows, number_in(config, "embedding_dim", 1280), width, 2)
    tally.product(1.0, width, number_in(config, "embedding_dim", 1280))
    return tally.done()


def _made(component: Callable[..., Pass], config: Config, size: Sizes | Array) -> Pass:
    """The pass of a component; a setting of a kind that none of its readers expects is refused."""
    check_settings(config)
    try:
        return component(config, size)
    except MALFORMED as error:
        kind, reason = config.get("_class_name", "component"), shorten(reason_of(error), 120)
        raise WattlineError(
            f"{shorten(str(kind), 60)}: a field holds a value of another kind than it should ({reason}); correct it"
        ) from None


def _named(config: Config, known: dict[str, Component], what: str) -> Component:
    return _of(str(config.get("_class_name")), known, what)


def _of(name: str, known: dict[str, Callable[..., Pass]], what: str) -> Callable[..., Pass]:
    if name in known:
        return known[name]
    near = nearest_names(name, known)
    words = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"
    raise WattlineError(f"{what}: its class {shorten(name)!r} is not one that Wattline knows; {words}")

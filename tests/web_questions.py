"""A question of each page of the web app."""

from __future__ import annotations

# a question of each page that is quick to answer
QUESTIONS = {
    "prompt": {"model": "llama-3.1-8b", "chip": "h100-sxm", "draws": "50", "region": "de"},
    "image": {"model": "flux.1-dev", "chip": "h100-sxm", "draws": "50"},
    "session": {"session": "chat", "model": "llama-3.1-8b", "draws": "50"},
    "embed": {"model": "bge-m3", "tokens": "1M", "draws": "50"},
    "transcribe": {"model": "whisper", "hours": "2", "draws": "50"},
    "video": {"model": "hunyuan-video", "chip": "h100-sxm", "draws": "50"},
    "flex response": {"model": "llama-3.1-8b", "it": "20MW", "chip": "h100-sxm", "draws": "20"},
    "train": {"model": "llama-3.1-8b", "tokens": "1T", "chip": "h100-sxm", "chips": "512", "draws": "50"},
    "site": {"it": "10MW", "place": "Dublin", "draws": "20"},
    "flex balance": {"it": "100MW", "region": "us-ercot", "draws": "50"},
    "flex swings": {"phase": "a:1s:700W;b:1s:200W", "chips": "8"},
    "world": {"region": "us;ie", "to": "2030", "draws": "200"},
    "check": {"claims": "ChatGPT uses 2.9 Wh per request", "draws": "50"},
    "serve-average": {"model": "llama-3.1-8b", "rate": "1M/day", "draws": "50"},
}

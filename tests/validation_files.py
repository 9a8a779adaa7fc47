"""Small files of measurements that the validations read, written as their makers write them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl

import gpu_sensor as sim
from wattline.meter.readers import pmd
from wattline.validate.evidence.latencies import TimedRow, read_timed
from wattline.validate.evidence.serving import COLUMNS, MEASURED

# measured serving, as the ML.ENERGY leaderboard has it
NAMES = (*COLUMNS, *MEASURED, "expert_parallel", "max_num_seqs", "p90_itl_ms")


def serving_file(path: Path, rows: list[dict[str, object]]) -> Path:
    """A CSV of measured configurations."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        writer.writerows(rows)
    return path


def serving_row(model: str, gpus: int, form: str, batch: float, **changed: object) -> dict[str, object]:
    """One of its rows."""
    row: dict[str, object] = {
        "model_id": model,
        "gpu_model": "H100",
        "num_gpus": gpus,
        "avg_batch_size": batch,
        "avg_output_len": 600,
        "weight_precision": form,
        "task": "lm-arena-chat",
        "expert_parallel": gpus if "A3B" in model else 1,
        "energy_per_token_joules": 1.0,
        "avg_power_watts": 500.0 * gpus,
        "median_itl_ms": 20.0,
        "output_throughput_tokens_per_sec": batch / 0.02,
    }
    return row | changed


# measured TTFT and TPOT
TIMED_HEAD = (
    "silicon_data_source,backend,backend_version,model_path,system,precision,mode,isl,osl,gemm_quant_mode,batch_size,"
    "tp_size,pp_size,attention_dp_size,moe_tp_size,moe_ep_size,silicon_ttft_ms,silicon_tpot_ms"
)
MAX = "source_file=2026-04-06.csv; silicon_concurrency="
LLAMA = "meta-llama/Llama-3.1-8B-Instruct,h100_sxm"
TIMED_ROW = f"{MAX}4,vllm,0.18.1,{LLAMA},fp8,agg,512,32,fp8,4,1,1,1,1,1,60,9"


def timed_file(folder: Path, *rows: str) -> Path:
    """A CSV of services with their TTFT and TPOT."""
    path = folder / "timed.csv"
    path.write_text("\n".join([TIMED_HEAD, *rows]) + "\n")
    return path


# measured kernels
H100 = "NVIDIA H100 80GB HBM3"
ATTENTION = {
    "batch_size": 8,
    "num_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "window_size": 0,
    "beam_width": 1,
    "attn_dtype": "bfloat16",
    "kv_cache_dtype": "bfloat16",
}
MLA = {
    "batch_size": 8,
    "num_heads": 128,
    "tp_size": 1,
    "gemm_type": "bfloat16",
    "mla_dtype": "bfloat16",
    "kv_cache_dtype": "bfloat16",
    "model": "deepseek-ai/DeepSeek-V3",
}
KERNELS: dict[str, dict[str, object]] = {
    "gemm": {"gemm_dtype": "bfloat16", "m": 4096, "n": 4096, "k": 4096},
    "context_attention": {**ATTENTION, "isl": 4096, "step": 0},
    "generation_attention": {**ATTENTION, "isl": 1, "step": 4095},
    "moe": {
        "moe_dtype": "bfloat16",
        "num_tokens": 256,
        "hidden_size": 4096,
        "inter_size": 1536,
        "topk": 8,
        "num_experts": 128,
        "moe_tp_size": 1,
        "moe_ep_size": 1,
        "distribution": "balanced",
    },
    "mla_context_module": {**MLA, "isl": 1024, "step": 0},
    "mla_generation_module": {**MLA, "isl": 1, "step": 4096},
    "custom_allreduce": {
        "allreduce_dtype": "bfloat16",
        "num_gpus": 8,
        "message_size": 1 << 29,
        "backend": "vllm_graph",
    },
}


def kernel_file(folder: Path, kind: str, *changed: dict[str, object], device: str = H100) -> Path:
    """A file of one kind of kernel in ``folder``, a row for each change."""
    folder.mkdir(exist_ok=True)
    rows = [{"device": device, "latency": 1.0, **KERNELS[kind], **change} for change in changed or ({},)]
    path = folder / f"{kind}_perf_made.parquet"
    pl.DataFrame(rows, strict=False).write_parquet(path)
    return path


# a GPU beside a hardware meter
START_US = 1_700_000_000_000_000
VOLTS = 12.0


def write_meter(folder: Path, time: np.ndarray, power: np.ndarray) -> None:
    """``power`` (W at ``time``, s) as the meter would have recorded it, 4.87 kHz, on its first two inputs."""
    ticks = np.arange(0, time[-1] * pmd.TICKS_PER_S, 602).astype(np.int64)
    watts = np.interp(ticks / pmd.TICKS_PER_S, time, power)
    volts = round(VOLTS / pmd.VOLTS)
    words = np.zeros((len(ticks), 9), "<u2")
    words[:, 0] = (ticks + 60_000) % 65_536
    for channel, share in ((1, 0.75), (5, 0.25)):
        amperes = np.round(share * watts / (volts * pmd.VOLTS) / pmd.AMPERES).astype(int)
        words[:, channel], words[:, channel + 1] = volts << 4, amperes << 4
    words[:, 8] = 0x8000 | (77 << 4)  # a negative current beside a voltage: counts as 0
    words[:, 7] = volts << 4
    (folder / pmd.DATA).write_bytes(words.tobytes())
    (folder / pmd.START).write_text(f"{START_US + 50_000}\n")


def write_log(folder: Path, series_power: dict[str, np.ndarray], at: np.ndarray, ahead_s: float = 3600.0) -> Path:
    stamp = [np.datetime64(round((START_US / 1e6 + t + ahead_s) * 1e3), "ms").item() for t in at]
    lines = ["timestamp, utilization.gpu [%], temperature.gpu, " + ", ".join(f"{f} [W]" for f in series_power)]
    for i, when in enumerate(stamp):
        watts = ", ".join(f"{p[i]:.2f} W" for p in series_power.values())
        lines.append(f"{when:%Y/%m/%d %H:%M:%S}.{when.microsecond // 1000:03d}, 99 %, 50, {watts}")
    path = folder / "gpudata.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def sensor_recording(within: Path) -> Path:
    """An RTX 4090 beside a meter, simulated."""
    folder = within / "a_4090_card"
    folder.mkdir()
    time, power = sim.steps(14.0, 90.0, 400.0, [(2.0, 8.0)])
    write_meter(folder, time, power)
    rng = np.random.default_rng(0)
    mean = sim.read(time, power, sim.Sensor(0.1, 1.1, gain=0.03, offset_w=-8), rng, start_s=0.0)
    assert mean.power_w is not None
    write_log(folder, {"power.draw": mean.power_w, "power.draw.average": mean.power_w}, mean.time_s)
    (folder / "timestamps.csv").write_text(f"timestamp\n{START_US + 2_000_000}\n{START_US + 8_000_000}\n")
    return folder


# what projects publish of their training and serving
PUBLISHED = """kind,model,chip,chips,setting,metric,published,unit,source
train,llama-3-8b,h100-sxm,8,"fp8, 8192 tokens a sequence, 1048576 tokens a step, --tuned",rate,14451,tokens/s,a page
train-hours,olmo-2-7b,h100-sxm,512,4e+12 tokens,chip-hours,200000,h,a report
inference-output tokens/s,llama-2-70b,h100-sxm,4,"fp8, 128 in, 128 out, batch 64",rate,3317,tokens/s,TensorRT-LLM
inference-TTFT,llama-2-70b,h100-sxm,4,"fp8, 2048 in, 128 out, batch 1",TTFT,0.109,s,TensorRT-LLM docs
inference-latency,llama-3.1-405b,mi300x,8,"fp8, 128 in, 128 out, batch 8",latency,3.974,s,vLLM offline
inference-energy,qwen2.5-3b,a100-sxm-80gb,1,"bf16, 60 in, 127 out, batch 8",J per token,0.35,J/token,a repository
"""


def single_row(folder: Path, row: str) -> TimedRow:
    """The service of one line of a table."""
    rows, _ = read_timed(timed_file(folder, row))
    return rows[0]

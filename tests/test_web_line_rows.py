"""Lines as journalists and engineers type them, in English and Chinese: each leads where it should."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from wattline.core.errors import WattlineError
from wattline.web.app.line import read_line
from wattline.web.app.pages import PAGES
from wattline.web.app.question import read_question
from web_lines import FORMS, expected

LINES = """
How much power does Llama 3.3 70B need on an H200 node? -> prompt model=llama-3.3-70b chip=h200-sxm
Mistral Large 2 on 8xA100, 2000 tokens in, 500 out, Sweden -> prompt model=mistral-large-2 chip=a100-sxm-80gb gpus=8 input_tokens=2000 output_tokens=500 region=se
Qwen3-235B-A22B on 8 H100 in fp8 -> prompt model=qwen3-235b-a22b chip=h100-sxm gpus=8 precision=fp8
what does 1 million ChatGPT queries cost in electricity -> prompt model=gpt-4o
gemma 3 27b on a single L40S -> prompt model=gemma-3-27b chip=l40s
summarise a 100 page report with ChatGPT -> prompt model=gpt-4o ! summarise; 100 page report
energy of reading a 100 page report -> prompt model=gpt-4o ! reading; 100 page report
kimi k2 on 16 H200 -> prompt model=kimi-k2 chip=h200-sxm gpus=16
Claude Sonnet 4 answer with 2000 output tokens -> prompt model=claude-sonnet output_tokens=2000
how many Wh is one Gemini request in France? -> prompt model=gemini-flash region=fr ! Wh
Mixtral 8x22B, batch 16, 4 x MI300X -> prompt model=mixtral-8x22b chip=mi300x gpus=4 batch=16
prompt Llama 3.1 8B on Apple M3 Max -> prompt model=llama-3.1-8b chip=m3-max
Phi-4 on RTX 5090 200 in 800 out -> prompt model=phi-4 chip=rtx-5090 input_tokens=200 output_tokens=800
gpt-oss-20b on one 4090 in int4 -> prompt model=gpt-oss-20b chip=rtx-4090 precision=int4
carbon of a GPT-4o prompt in Poland -> prompt model=gpt-4o region=pl
how much water does a prompt to Claude use? -> prompt model=claude-sonnet
Llama 3.1 70B on TPU v5e -> prompt model=llama-3.1-70b chip=tpu-v5e
Llama 4 Maverick on 8 H200, 10k in 1k out -> prompt model=llama-4-maverick chip=h200-sxm gpus=8 input_tokens=10k output_tokens=1k
train Llama 3.1 405B on 16,384 H100 in Texas -> train model=llama-3.1-405b tokens=15.6T chip=h100-sxm chips=16384 region=us-ercot
pretrain a 7B model on 2T tokens using 256 A100s -> train model=llama-2-7b tokens=2T chip=a100-sxm-80gb chips=256
fine-tune Qwen3-32B with LoRA, 100M tokens, 8 H100 -> train model=qwen3-32b method=lora tokens=100M chip=h100-sxm chips=8
how much energy did GPT-4 training take? -> train model=gpt-4-reported tokens=13T chip=a100-sxm-40gb chips=25000
DeepSeek V3 training cost: 14.8T tokens on 2048 H800 -> train model=deepseek-v3 tokens=14.8T chip=h800-sxm chips=2048
train a 1T parameter model on 100,000 GB200 -> train model=ling-1t tokens=15T chip=gb200 chips=100000
train 70B for 3 months on 4096 H100 -> train model=llama-3.1-70b tokens=15T chip=h100-sxm chips=4096 ! 3 months
QLoRA of Llama 3.1 70B on 1 A100 with 10M tokens in Norway -> train model=llama-3.1-70b method=qlora tokens=10M chip=a100-sxm-80gb chips=1 region=no
train 13B on 2 trillion tokens with 512 TPU v5p at 50% MFU -> train model=llama-13b tokens=2T chip=tpu-v5p chips=512 mfu=0.5
GRPO on Qwen3-8B with 64 H100 -> train model=qwen3-8b method=grpo tokens=15T chip=h100-sxm chips=64
training a 3B model on 1T tokens, 64 MI300X -> train model=llama-3.2-3b tokens=1T chip=mi300x chips=64
serve Llama 3.1 70B at 5 requests per second on 8 H100, TTFT under 500 ms -> serve model=llama-3.1-70b chip=h100-sxm gpus=8 rate=5/s duration=5_min slo_ttft=500ms
10,000 requests per hour to Qwen3-32B on 2 H200 -> serve-average model=qwen3-32b chip=h200-sxm gpus=2 rate=10000/h
serving gpt-oss-120b 50 req/s on B200 in Ireland -> serve model=gpt-oss-120b chip=b200 region=ie rate=50/s duration=5_min
3 replicas of Llama 3.1 8B at 30 req/s on 1 H100 each for 10 minutes -> serve model=llama-3.1-8b chip=h100-sxm gpus=1 rate=30/s duration=10_minutes replicas=3
Llama 3.1 8B 100 requests/s TPOT 30 ms -> serve model=llama-3.1-8b rate=100/s duration=5_min slo_tpot=30ms
5M prompts a day to Llama 3.1 70B on 8 H100 -> serve-average model=llama-3.1-70b chip=h100-sxm gpus=8 rate=5M/day
chatbot with 2 million users a day, 10 prompts each -> prompt model=gpt-4o
cheapest GPU for Llama 3.1 8B at 20 requests/s with TTFT 300 ms -> frontier model=llama-3.1-8b rate=20/s duration=5_min slo_ttft=300ms
which GPU is most efficient for Llama 3.1 70B at 10/s? -> frontier model=llama-3.1-70b rate=10/s duration=5_min slo_ttft=1s slo_tpot=50ms
how many H100 do I need for 50 requests per second of Llama 3.1 70B -> frontier model=llama-3.1-70b chip=h100-sxm rate=50/s duration=5_min slo_ttft=1s slo_tpot=50ms
reduce energy of serving Qwen3-32B at 5 req/s under 40 ms per token -> frontier model=qwen3-32b rate=5/s duration=5_min slo_tpot=40ms
100MW data center in Phoenix -> site it=100MW place=Phoenix
data centre 20 MW liquid cooled Singapore -> site it=20_MW cooling=liquid place=Singapore
how much water does a 50 MW data center in Arizona use? -> site it=50_MW place=Phoenix,_Arizona
PUE of a data centre in Helsinki -> site it=60_MW place=Helsinki
30 MW in London with free cooling -> site it=30_MW cooling=air-economiser place=London
500 MW hyperscale campus in Abilene, Texas -> site it=500_MW place=Abilene,_Texas ! hyperscale
1.2 GW in Abu Dhabi -> site it=1.2_GW place=Abu_Dhabi
5MW edge site in Johannesburg -> site it=5MW place=Johannesburg ! edge
10 MW at 60% load in Mumbai -> site it=10_MW utilisation=0.6 place=Mumbai
what should power 1 GW in Texas with gas and solar? -> supply it=1_GW with_=solar,gas,grid place=Midlothian,_Texas draws=4
200 MW in Nevada, 24/7 carbon-free -> supply it=200_MW target=cfe=100% place=Las_Vegas,_Nevada draws=4
geothermal for 40 MW in Reykjavik -> supply it=40_MW with_=geothermal,grid place=Reykjavik draws=4
100% renewable supply for 50 MW in Denmark -> supply it=50_MW target=annual=100% place=Odense,_Denmark draws=4
how much battery storage for a 100 MW data center off-grid in Arizona -> supply it=100_MW with_=solar,wind,battery place=Phoenix,_Arizona draws=4
share of Virginia's grid taken by 500 MW -> flex/balance it=500_MW region=us-pjm
what does 1 GW do to the ERCOT grid -> flex/balance it=1_GW region=us-ercot
demand response of a 50 MW AI site in PJM -> flex/response model=llama-3.1-8b chip=h100-sxm it=50_MW region=us-pjm
how flexible is 100 MW of inference in Germany -> flex/response model=llama-3.1-8b chip=h100-sxm it=100_MW region=de
headroom of PJM for new data centers -> flex/headroom
when is the best time to train in California? -> flex/shift signal=us-caiso
can my training wait for wind at night -> flex/shift ! wind
power swings of training on 10,000 H100 -> flex/swings phase=compute:1.4s:700W;exchange:0.4s:250W chips=10000
data center electricity in Virginia 2030 -> world region=us-pjm to=2030
global AI power demand by 2030 -> world region=world to=2030
how many TWh will data centers use in Europe in 2035 -> world region=eu to=2035
China data centers 2030 -> world region=cn to=2030
Microsoft electricity consumption 2026 -> world region=microsoft to=2026
data centres in Japan by 2040 -> world region=jp to=2040
world data centre electricity in 2020 -> world region=world to=2020
what share of US electricity do data centers use? -> world region=us
ChatGPT uses as much electricity as 17,000 homes -> check claims=ChatGPT_uses_as_much_electricity_as_17,000_homes
Training GPT-3 emitted 552 tonnes of CO2 -> check claims=Training_GPT-3_emitted_552_tonnes_of_CO2
A Google search uses 0.3 Wh -> check claims=A_Google_search_uses_0.3_Wh
One ChatGPT query uses 500 ml of water -> check claims=One_ChatGPT_query_uses_500_ml_of_water
Is it true that an AI image takes as much energy as charging a phone? -> check claims=an_AI_image_takes_as_much_energy_as_charging_a_phone
data centers use 2% of the world's electricity -> check claims=data_centers_use_2%_of_the_world's_electricity
Gemini prompt takes 0.24 Wh -> check claims=Gemini_prompt_takes_0.24_Wh
xAI Colossus draws 150 MW, correct? -> check claims=xAI_Colossus_draws_150_MW
generate an image with Stable Diffusion 3.5 on an L4 -> image model=stable-diffusion-3.5-large chip=l4
1000 pictures with SDXL on RTX 4090 -> image model=stable-diffusion-xl chip=rtx-4090
one 1024x1024 image with FLUX schnell 4 steps -> image model=flux.1-schnell size=1024x1024 steps=4
how much energy for a DALL-E image -> image model=dall-e
Midjourney picture electricity -> image model=midjourney
8 second 1080p video with Veo 3 -> video model=veo-3 seconds=8 size=1920x1080
Wan 2.2 5 seconds 480p on one H100 -> video model=wan-2.2-a14b seconds=5 size=854x480 chip=h100-sxm
video of 1 minute with CogVideoX -> video model=cogvideox-5b seconds=60
transcribe 500 hours of meetings with whisper large v3 on A10 -> transcribe model=whisper-large-v3 hours=500 chip=a10
speech to text for 2 hours of audio -> transcribe model=whisper-large-v3-turbo hours=2
embed 10M documents of 500 tokens with bge-m3 on L4 -> embed model=bge-m3 tokens=5B document_tokens=500 chip=l4
rerank 1M passages -> embed model=bge-m3 tokens=256M document_tokens=256
embedding 5B tokens with e5 on 4 A100 -> embed model=e5-base-v2 tokens=5B chip=a100-sxm-80gb gpus=4
RAG chat with Llama 3.3 70B -> session session=rag model=llama-3.3-70b
a coding agent with DeepSeek-V3 on 8 H200 -> session session=agent-coding model=deepseek-v3 chip=h200-sxm gpus=8
chat session with Qwen3-32B on 2 H100 -> session session=chat model=qwen3-32b chip=h100-sxm gpus=2
agent task cost in electricity -> session session=agent-coding model=llama-3.3-70b
price of electricity in Ireland -> catalog q=region.ie._price
carbon intensity of Texas -> catalog q=region.us-ercot._lifecycle
what is the PUE of Google -> catalog q=google_pue
live watts of my GPU -> measure
一次 DeepSeek-R1 问答耗多少电 -> prompt model=deepseek-r1
Qwen3-235B 在 8 张 H20 上，输入 2000，输出 1000 -> prompt model=Qwen3-235B chip=h20 gpus=8 input_tokens=2000 output_tokens=1000
用 1024 张 A100 训练 7B 模型，2万亿词元 -> train model=llama-2-7b tokens=2T chip=a100-sxm-80gb chips=1024
训练 DeepSeek-V3 花了多少电 -> train model=deepseek-v3 tokens=14.8T chip=h800-sxm chips=2048
微调 Qwen3-32B，LoRA，8张H100，1亿词元 -> train model=qwen3-32b method=lora tokens=100M chip=h100-sxm chips=8
每秒 20 个请求 Llama 3.1 8B，2 张 H100，首字 500 毫秒 -> serve model=llama-3.1-8b chip=h100-sxm gpus=2 rate=20/s duration=5_min slo_ttft=500ms
每天 500 万次提问 Qwen3-32B 8张H800 -> serve-average model=qwen3-32b chip=h800-sxm gpus=8 rate=5M/day
最省电的配置 Llama 3.1 70B 每秒10个请求 -> frontier model=llama-3.1-70b rate=10/s duration=5_min slo_ttft=1s slo_tpot=50ms
北京 50 兆瓦 数据中心 -> site it=50_MW place=Beijing
贵州 200MW 数据中心 浸没式液冷 -> site it=200MW cooling=immersion place=Guiyang,_Guizhou
张家口 100 兆瓦 风电 光伏 储能 -> supply it=100_MW with_=wind,solar,battery,grid place=Zhangjiakou draws=4
内蒙古 300MW 用什么供电 -> supply it=300MW place=Ulanqab,_Inner_Mongolia draws=4
100MW 占江苏电网多少 -> flex/balance it=100MW region=cn-jiangsu
2030年中国数据中心用电 -> world region=cn to=2030
2035 年美国数据中心用多少电 -> world region=us to=2035
ChatGPT 一次查询用 3 瓦时 对吗 -> check claims=ChatGPT_一次查询用_3_瓦时_对吗
训练GPT-4用了 50 吉瓦时 -> check claims=训练GPT-4用了_50_吉瓦时
数据中心占爱尔兰用电的 20% -> check claims=数据中心占爱尔兰用电的_20%
生成一张 1024x1024 图片 SDXL -> image model=stable-diffusion-xl size=1024x1024
用 Wan 2.1 生成 5 秒 720p 视频 -> video model=wan-2.1-14b seconds=5 size=1280x720
转写 100 小时录音 whisper large v3 -> transcribe model=whisper-large-v3 hours=100
嵌入 10 亿词元 bge-m3 -> embed model=bge-m3 tokens=1B
编程智能体 Qwen3-32B 2张H100 -> session session=agent-coding model=qwen3-32b chip=h100-sxm gpus=2
德国电价 -> catalog q=region.de._price
浙江电网碳强度 -> catalog q=region.cn-zhejiang._lifecycle
我的显卡现在多少瓦 -> measure
谷歌 2027 年用电 -> world region=google to=2027
4 H100,500 in,300 out,Llama 3.1 70B -> prompt model=llama-3.1-70b chip=h100-sxm gpus=4 input_tokens=500 output_tokens=300
Llama-3.3-70B-Instruct@8xH200, batch=64, fp8 -> prompt model=Llama-3.3-70B-Instruct chip=h200-sxm gpus=8 precision=fp8 batch=64
qwen2.5 72b 2x h200 8k context in 1k out germany -> prompt model=qwen2.5-72b chip=h200-sxm gpus=2 input_tokens=8k output_tokens=1k region=de
how much electricity does one DeepSeek R1 answer use in China? -> prompt model=deepseek-r1 region=cn
energy for 10k tokens with Llama 3.1 405B on 16 H100 -> prompt model=llama-3.1-405b chip=h100-sxm gpus=16 input_tokens=10k
Llama 3.1 8B on an L4 in Oregon -> prompt model=llama-3.1-8b chip=l4 region=us-pacw
electricity of 100 million Gemini prompts per day -> prompt model=gemini-flash
o3 long answer -> prompt model=o3
Grok 4 query -> prompt model=grok-4
what does Llama cost per million tokens -> prompt model=llama-3.1-70b ! million
is 500 ml per prompt true? -> check claims=500_ml_per_prompt
does an AI image use as much as a phone charge? -> check claims=an_AI_image_uses_as_much_as_a_phone_charge
ChatGPT needs 10 times more energy than Google -> prompt model=gpt-4o ! 10 times; Google
A data center of 100 MW uses as much as 80,000 homes -> check claims=A_data_center_of_100_MW_uses_as_much_as_80,000_homes
a ChatGPT query costs 0.34 Wh -> check claims=a_ChatGPT_query_costs_0.34_Wh
ChatGPT: 0.3 Wh/query -> check claims=ChatGPT:_0.3_Wh/query
train GPT-4 again on 8192 H200 -> train model=gpt-4-reported tokens=13T chip=h200-sxm chips=8192 ! again
train Llama 3.3 70B on 2T tokens, 1000 B200, in Iceland -> train model=llama-3.3-70b tokens=2T chip=b200 chips=1000 region=is
training Mixtral 8x7B for 1 trillion tokens on 512 MI300X with fp8 -> train model=mixtral-8x7b tokens=1T chip=mi300x chips=512 precision=fp8
how much CO2 does training a 7B model on 1T tokens emit in France -> train model=llama-2-7b tokens=1T chip=a100-sxm-80gb chips=1024 region=fr
SFT of Llama 3.1 8B on 1B tokens with 8 A100 -> train model=llama-3.1-8b tokens=1B chip=a100-sxm-80gb chips=8
how long does training 8B on 1T tokens take on 64 H100 -> train model=llama-3.1-8b tokens=1T chip=h100-sxm chips=64
serve 8B model to 1000 users at 0.1 requests per second each -> serve model=llama-3.1-8b rate=100/s duration=5_min
Llama 3.1 70B 40 req/min on 4xA100 -> serve-average model=llama-3.1-70b chip=a100-sxm-80gb gpus=4 rate=40/min
latency of Llama 3.1 8B at 50 rps on H100 -> serve model=llama-3.1-8b chip=h100-sxm rate=50/s duration=5_min
vLLM Qwen3-8B 15 requests/s, 2 replicas, 1 L40S each -> serve model=qwen3-8b chip=l40s gpus=1 rate=15/s duration=5_min replicas=2 ! vLLM
best chip for DeepSeek-V3 at 100 requests/s -> frontier model=deepseek-v3 rate=100/s duration=5_min slo_ttft=1s slo_tpot=50ms
least energy setup for gpt-oss-120b, 20 req/s, TTFT 2 s, TPOT 25 ms -> frontier model=gpt-oss-120b rate=20/s duration=5_min slo_ttft=2s slo_tpot=25ms
60 MW -> site it=60_MW place=Dublin
60 MW Dublin liquid -> site it=60_MW cooling=liquid place=Dublin
data center in Iceland -> world region=is
75 MW of IT, PUE 1.15, Frankfurt -> site it=75_MW pue=1.15 place=Frankfurt
data centre near Johannesburg 12 MW -> site it=12_MW place=Johannesburg
50 MW 53.3, -6.2 -> site it=50_MW place=53.3,_-6.2
solar farm for a 20 MW data center in Phoenix -> supply it=20_MW with_=solar,grid place=Phoenix draws=4 ! farm
SMR powered 300 MW data center in Ohio -> supply it=300_MW with_=smr,grid place=New_Albany,_Ohio draws=4
80% clean energy for 120 MW in Germany -> supply it=120_MW target=cfe=80% place=Frankfurt draws=4
100 MW gas only in Dallas -> supply it=100_MW with_=gas,grid place=Dallas draws=4
250MW in Norway powered by wind and grid -> supply it=250MW with_=wind,grid place=Oslo draws=4
nuclear for Stargate in Abilene 1 GW -> supply it=1_GW with_=nuclear,grid place=Abilene draws=4 ! Stargate
what share of the Irish grid will data centres take in 2030 -> world region=ie to=2030
how much of ERCOT would 3 GW take -> flex/balance it=3_GW region=us-ercot
can a 100 MW data centre help the grid in Germany -> flex/response model=llama-3.1-8b chip=h100-sxm it=100_MW region=de
curtail 50 MW in Texas -> flex/response model=llama-3.1-8b chip=h100-sxm it=50_MW region=us-ercot
move training to the night in Germany -> flex/shift signal=de ! move
US data centers 2028 -> world region=us to=2028
AI electricity 2030 -> world region=world to=2030
Amazon 2030 -> world region=amazon to=2030
how much power do data centers use worldwide -> world region=world
electricity of AI in India by 2030 -> world region=in to=2030
picture of a cat with Stable Diffusion -> image model=stable-diffusion-xl ! cat
100 images per day with SDXL on an L4 -> image model=stable-diffusion-xl chip=l4
4k video 10 seconds -> video model=hunyuan-video seconds=10 size=3840x2160
Sora video one minute -> video model=sora seconds=60
whisper on a CPU -> transcribe model=whisper-large-v3 ! CPU
transcribe a 2 hour podcast with whisper on a 3090 -> transcribe model=whisper-large-v3 hours=2 chip=rtx-3090
embed wikipedia with bge-m3 -> embed model=bge-m3 ! wikipedia
deep research question with DeepSeek-R1 on 8 H200 -> session session=deep-research model=deepseek-r1 chip=h200-sxm gpus=8
a conversation with Llama 3.1 8B in Spain -> session session=chat model=llama-3.1-8b region=es
RAG with qwen3-32b on 2 H100 -> session session=rag model=qwen3-32b chip=h100-sxm gpus=2
PUE of Microsoft data centers -> catalog q=microsoft_pue
carbon intensity in France vs Germany -> catalog q=region.fr._lifecycle ! Germany
法国 Llama 3.1 8B 一次提问 -> prompt model=llama-3.1-8b region=fr
用 4090 跑 8B 模型 -> prompt model=llama-3.1-8b chip=rtx-4090
8卡H100 跑 Llama 3.1 70B 输入1千 输出500 -> prompt model=llama-3.1-70b chip=h100-sxm gpus=8 input_tokens=1k output_tokens=500
两台 H200 服务器 DeepSeek-R1 -> prompt model=deepseek-r1 chip=h200-sxm gpus=16
百万次 ChatGPT 查询用多少电 -> prompt model=gpt-4o
训练一次 Llama 3.1 405B 排放多少碳 -> train model=llama-3.1-405b tokens=15.6T chip=h100-sxm chips=16384
用国产芯片昇腾910B训练70B模型 -> train model=llama-3.1-70b tokens=15T chip=ascend-910b chips=1024
深圳 20 兆瓦 PUE 1.25 -> site it=20_MW pue=1.25 place=Shenzhen
100MW 数据中心一年用多少水 凤凰城 -> site it=100MW place=Phoenix
宁夏中卫 500兆瓦 光伏 风电 储能 离网 -> supply it=500_MW with_=wind,solar,battery place=Zhongwei,_Ningxia draws=4
一次查询耗水500毫升 -> check claims=一次查询耗水500毫升
豆包一次对话用多少电 -> prompt model=gpt-4o ! 豆包
腾讯 2030 用电 -> world region=tencent to=2030
什么时候训练最便宜 -> flex/shift
训练的功率波动 1万张H100 -> flex/swings phase=compute:1.4s:700W;exchange:0.4s:250W chips=10000
转写 3 小时会议 -> transcribe model=whisper-large-v3-turbo hours=3
每秒100个请求 DeepSeek-V3 8张H200 最优配置 -> frontier model=deepseek-v3 chip=h200-sxm rate=100/s duration=5_min slo_ttft=1s slo_tpot=50ms
"""  # noqa: E501
ROWS = [line.split(" -> ") for line in LINES.strip().split("\n")]


@pytest.mark.parametrize(("line", "short"), ROWS, ids=[line for line, _ in ROWS])
def test_a_typed_line_is_the_question_that_was_meant(line: str, short: str) -> None:
    meant = read_line(line)
    command, values, unread = expected(short)
    assert (meant.command, meant.values) == (command, values)
    assert list(meant.unread) == [words.strip() for words in unread]
    if command in PAGES:
        read_question(PAGES[command], FORMS[command], meant.values.items())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("wind and batteries for 80 MW in Aberdeen", "place Aberdeen, Scotland: the nearest normals"),
        ("can solar power a 100 MW data centre in Sevilla", "the nearest normals"),
        ("20 MW data centre in Jiangsu", "Jiangsu: no place with weather is known there"),
        ("30 MW in Atlantisville", "unknown place 'Atlantisville'"),
    ],
)
def test_no_other_place_stands_in_for_the_one_that_was_named(line: str, words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        read_line(line)


def test_what_is_counted_is_counted_as_it_was_written() -> None:
    assert read_line("Llama 3.1 70B on 2 H100 nodes").values["gpus"] == "16"
    assert read_line("train 8B on 1T tokens with 128 nodes of H100").values["chip"] == "h100-sxm"
    assert "servers of 8 chips" in read_line("Llama 3.1 70B on 2 H100 servers").taken
    assert read_line("embed 2 million pages of 400 tokens").values["tokens"] == "800M"
    assert "the line has 20M/day" in read_line("chatbot with 2 million users a day, 10 prompts each").taken[-1]
    assert read_line("carbon intensity in France vs Germany").unread == ("Germany",)

"""Chinese words of questions in the English that the reader of lines takes; what is not known stays as it is."""

from __future__ import annotations

import re
from decimal import Decimal

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SIGNS = str.maketrans("，。：；（）％？！、～“”", ',.:;()%?!,~""')
_SCALES = {"万亿": (1, "T"), "千亿": (100, "B"), "百亿": (10, "B"), "十亿": (1, "B"), "亿": (100, "M"),
           "千万": (10, "M"), "百万": (1, "M"), "万": (10, "k"), "千": (1, "k")}  # fmt: skip
_SCALED = re.compile(
    rf"(?<![A-Za-z\d.])((?:\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+)(?:\.\d+)?)\s*({'|'.join(_SCALES)})(?![瓦焦克升])"
)
_BARE = re.compile(rf"(?<![\d.一两二三四五六七八九十百千万亿])(?<!\d\s)({'|'.join(_SCALES)})(?=[次个人条张词])")
_DIGITS = {"一": "1", "两": "2", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9",
           "十": "10", "百": "100"}  # fmt: skip
_COUNTED = re.compile(r"([一两二三四五六七八九十百])(?=[张块个颗台段次条幅秒分小])")

_TABLE = """
兆瓦=MW; 吉瓦=GW; 千瓦=kW; 分钟=minutes; 小时=hours; 毫秒=ms; 秒=seconds; 天=days; 每秒=per second of
每分钟=per minute of; 每小时=per hour of; 每天=per day of; 每日=per day of; 一天=per day; 一年=a year
个请求=requests; 次请求=requests; 请求=requests; 次查询=queries; 次提问=prompts; 提问=prompt; 查询=query
对话=prompt; 聊天=chat; 输入=input; 输出=output; 个词元=tokens; 词元=tokens; 个token=tokens; 令牌=tokens; 批量=batch
批大小=batch; 训练=train; 预训练=pretrain; 微调=fine-tune; 推理服务=serve; 部署=serve; 服务=serve; 运行=running
跑=running; 生成=generate; 图片=image; 图像=image; 图=image; 视频=video; 幅=image; 短片=video; 转写=transcribe
语音=speech; 嵌入=embed; 智能体=agent; 编程=coding; 代码=coding; 深度研究=deep research; 数据中心=data centre
机房=data centre; 人工智能=AI; 全世界=world; 全球=world; 世界=world; 太阳能=solar; 光伏=solar; 风电=wind; 风能=wind
风=wind; 光=solar; 储能=battery; 电池=battery; 核电=nuclear; 核能=nuclear; 地热=geothermal; 天然气=gas; 供电=supply
电网=grid; 液冷=liquid cooling; 浸没=immersion; 浸没式=immersion; 浸没式液冷=immersion cooling; 问答=prompt
花了=use; 花=use; 耗=use; 现在=now; 多少瓦=how much power; 录音=audio; 会议=audio; 谷歌=Google; 微软=Microsoft
亚马逊=Amazon; 阿里巴巴=Alibaba; 腾讯=Tencent; 百度=Baidu; 字节跳动=ByteDance; 苹果=Apple; 文档=documents; 波动=swings
卡=x; 服务器=server; 排放=emissions; 碳=carbon; 水=water; 离网=off-grid; 最便宜=cheapest; 昇腾=Ascend; 国产=
电价=electricity price; 碳强度=carbon intensity; 碳排放=emissions
用水=water; 耗水=water; 最省电=best; 最优=best; 最佳=best; 配置=set-up; 时延=latency; 延迟=latency; 首字=TTFT
对吗=right?; 是真的吗=right?; 准确吗=right?; 正确吗=right?; 比较=compare; 对比=versus; 和=and; 与=and; 还是=versus
什么时候=when; 何时=when; 多久=how long; 测量=measure; 我的=my; 显卡=GPU; 本机=this machine; 电脑=computer
德州=Texas; 得克萨斯=Texas; 弗吉尼亚=Virginia; 加州=California; 俄亥俄=Ohio; 亚利桑那=Arizona; 都柏林=Dublin
达拉斯=Dallas; 凤凰城=Phoenix; 阿什本=Ashburn; 芝加哥=Chicago; 纽约=New York; 法兰克福=Frankfurt; 柏林=Berlin
伦敦=London; 巴黎=Paris; 阿姆斯特丹=Amsterdam; 斯德哥尔摩=Stockholm; 东京=Tokyo; 大阪=Osaka; 首尔=Seoul
新加坡=Singapore; 孟买=Mumbai; 悉尼=Sydney; 上海=Shanghai; 北京=Beijing; 广州=Guangzhou; 深圳=Shenzhen; 贵阳=Guiyang
中卫=Zhongwei; 张家口=Zhangjiakou; 乌兰察布=Ulanqab; 呼和浩特=Hohhot; 杭州=Hangzhou; 成都=Chengdu; 重庆=Chongqing
香港=Hong Kong; 台北=Taipei; 内蒙古=Inner Mongolia; 河北=Hebei; 江苏=Jiangsu; 浙江=Zhejiang; 广东=Guangdong
贵州=Guizhou; 四川=Sichuan; 宁夏=Ningxia; 美国=United States; 中国=China; 爱尔兰=Ireland; 德国=Germany
英国=United Kingdom; 法国=France; 日本=Japan; 韩国=South Korea; 印度=India; 欧盟=EU; 欧洲=Europe; 挪威=Norway
瑞典=Sweden; 芬兰=Finland; 丹麦=Denmark; 冰岛=Iceland; 荷兰=Netherlands; 波兰=Poland; 西班牙=Spain; 意大利=Italy
加拿大=Canada; 澳大利亚=Australia; 巴西=Brazil; 马来西亚=Malaysia; 台湾=Taiwan; 沙特=Saudi Arabia; 阿联酋=UAE
多少度电=how much electricity; 多少电=how much electricity; 耗电量=electricity; 用电量=electricity; 耗电=electricity
用电=electricity; 电力=electricity; 能耗=energy; 功耗=power draw; 功率=power draw; 省电=save-energy; 如何=how to
怎么=how to; 需要=use; 要=use; 用了=use; 用=with; 消耗=use; 多少=how much; 电=electricity; 一次=one; 每次=per
一张=one; 一个=one; 一段=one; 一条=one; 一幅=one; 一块=one; 张=x; 块=x; 颗=x; 台=x; 段=x; 次=x; 个=x; 上的=on; 上=on
在=in; 到=by; 年=; 的=; 了=; 吗=?; 呢=?; 有=; 能=; 我=my; 应该=should; 是=is; 把=; 会=; 长=long; 约=about
大约=about; 什么=what; 哪里=where; 一小时=1 hour; 半小时=0.5 hours; 用户=user; 模型=model; 芯片=chips; 占=share of
增长=growth; 将=will; 未来=future; 任务=task; 播客=podcast; 邮件=email; 请问=; 为=; 给=for; 做=; 开=; 建=build
"""
_WORDS = {
    word.strip(): english.strip()
    for word, _, english in (pair.partition("=") for line in _TABLE.splitlines() for pair in line.split(";"))
    if word.strip()
}
_ANY = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)))
_RATE = re.compile(r"每(秒|分钟|小时|天|日)\s*(\d[\d,.]*[kMBT]?)\s*(?:个|次|条)?\s*(?:请求|查询|提问|对话)?")
_PER = {"秒": "second", "分钟": "minute", "小时": "hour", "天": "day", "日": "day"}


def is_chinese(line: str) -> bool:
    """Whether a line holds Chinese characters."""
    return bool(_CHINESE.search(line))


def to_english(line: str) -> str:
    """A line with its Chinese words in English, those that are not known left where they are.

    Parameters
    ----------
    line : such as ``"用8张H20运行Qwen3-32B"``

    Returns
    -------
    Such as ``"with 8 x H20 running Qwen3-32B"``.
    """
    plain = _BARE.sub(lambda match: f"1{match[1]}", line.translate(_SIGNS))
    plain = _SCALED.sub(_scaled, plain)
    plain = _COUNTED.sub(lambda match: _DIGITS[match[1]], plain)
    plain = re.sub(r"(\d)\s*台\s*([\w ]+?)\s*服务器", r"\1 x \2 servers", plain, flags=re.A)
    plain = _RATE.sub(lambda match: f" {match[2]} requests per {_PER[match[1]]} ", plain)
    plain = re.sub(r"(\d)\s*年", r"\1 ", plain)
    plain = _ANY.sub(lambda match: f" {_WORDS[match[0]]} ", plain)
    plain = re.sub(r"(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])", " ", plain)
    return " ".join(plain.split())


def _scaled(match: re.Match[str]) -> str:
    factor, letter = _SCALES[match[2]]
    value = Decimal(match[1].replace(",", "")) * factor
    while value >= 1000 and letter in "kMB":
        value, letter = value / 1000, "MBT"["kMB".index(letter)]
    return f"{value.normalize():f}{letter}"


def as_written(words: str, line: str) -> str:
    """Words of the English line as the line itself has them.

    Parameters
    ----------
    words : that stand in the English of a line
    line : as it was typed

    Returns
    -------
    The Chinese of those that the line does not hold.
    """
    if words.lower() in line.lower():
        return words
    back = {english: chinese for chinese, english in _WORDS.items() if english and chinese in line}
    return " ".join(word if word.lower() in line.lower() else back.get(word, word) for word in words.split(" "))

"""Judges messages with TDLib's own parser, as Telegram's server does.

Reads one JSON object a line: `text` in Telegram's HTML, and `hosts`, the websites that may become links. Answers each
with one: `error`, or `units` (the length that Telegram counts) and `links` (what a reader could tap by accident).
"""

import json
import sys

import tdjson

# Times of day are links only in replies to audio and video.
HARMLESS = {"textEntityTypeBold", "textEntityTypeCode", "textEntityTypeMediaTimestamp"}


def execute(request):
    return json.loads(tdjson.td_execute(json.dumps(request).encode()))


def judge(message):
    parsed = execute(
        {
            "@type": "parseTextEntities",
            "text": message["text"],
            "parse_mode": {"@type": "textParseModeHTML"},
        }
    )
    if parsed["@type"] == "error":
        return {"error": parsed["message"]}
    text = parsed["text"].encode("utf-16-le")
    code = [span(entity) for entity in parsed["entities"] if entity["type"]["@type"] == "textEntityTypeCode"]
    found = execute({"@type": "getTextEntities", "text": parsed["text"]})["entities"]
    links = []
    for entity in found:
        begin, end = span(entity)
        in_code = any(begin < code_end and code_begin < end for code_begin, code_end in code)
        word = text[2 * begin : 2 * end].decode("utf-16-le")
        if not in_code and entity["type"]["@type"] not in HARMLESS and word not in message["hosts"]:
            links.append(word)
    return {"units": len(text) // 2, "links": links}


def span(entity):
    return entity["offset"], entity["offset"] + entity["length"]


execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))

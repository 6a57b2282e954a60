"""Where a request comes from, in words that its owner recognises."""

from flask import request

from app.identity.types import Device

KNOWN = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙设备"),
    ("OpenHarmony", "鸿蒙设备"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "Mac 电脑"),
)


def device() -> Device:
    """Return the kind of device and the address; the full User-Agent would identify more than is needed."""
    agent = request.headers.get("User-Agent", "")
    label = next((words for mark, words in KNOWN if mark in agent), "其他设备")
    return Device(label, request.remote_addr or "unknown")

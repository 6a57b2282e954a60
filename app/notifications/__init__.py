"""消息: every notice is an inbox message (站内信) first; a push (订阅消息) is its delivery, told honestly.

Invariants: a delivery is `sending` in the database before a byte leaves; an outcome that nobody knows is
`unknown` and is never sent again by itself; a one-time subscription (一次性订阅) buys one push; server
events of WeChat outrank what a phone reports. It receives a recipient, a template and values; it knows no
policy and no case.
"""

"""The departments' data-sharing interfaces (政务数据共享): `port` says what can be asked, `live` asks.

A process calls `port.use(live.build(settings))` once; the domain needs `port` and `errors` only.
"""

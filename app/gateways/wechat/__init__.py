"""WeChat's server APIs: `port` says what can be asked, `errors` what can go wrong, `live` asks the real one.

Domain code needs `from app.gateways.wechat import errors, port` only; processes call `port.use(live.build(settings))`.
"""

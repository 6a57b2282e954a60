"""WeChat's server APIs: `port` says what can be asked, `errors` what can go wrong, `live` asks the real one.

The domain needs `from app.gateways.wechat import errors, port` only; a process calls
`port.use(live.build(settings))` once. `callbacks` opens what WeChat pushes to us.
"""

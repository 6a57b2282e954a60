"""全程演示: the whole errand walked through HTTP alone, as phones and officers would; also the end-to-end test.

Shares no code with the product: it knows what a client knows (docs/openapi.json) and where things run
(`var/addresses.json`, `var/demo.json`).
"""

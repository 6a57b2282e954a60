"""全程演示: the whole errand walked through HTTP alone, as phones and officers would.

It is the end-to-end test too.

Shares no code with the product: it knows what a client knows (docs/openapi.json) and where things run
(`var/addresses.json`, `var/demo.json`).
"""

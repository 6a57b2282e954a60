"""The outside systems behind ports: WeChat, and the departments' data-sharing registries.

Every failure leaves here as a typed error that carries no URL, no secret and nobody's data.
"""

"""消息 over HTTP: the inbox, subscription prompts, and WeChat's callback."""

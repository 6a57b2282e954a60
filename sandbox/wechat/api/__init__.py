"""The endpoints of api.weixin.qq.com that this stand-in answers, one module per WeChat capability."""

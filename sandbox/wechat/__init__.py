"""The WeChat stand-in (微信接口模拟): as strict as the real server side, with a control port for tests."""

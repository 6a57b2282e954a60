"""The control port (控制端口): what the world outside WeChat's servers does, and what tests may look at."""

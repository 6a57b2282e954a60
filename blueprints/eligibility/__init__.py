"""政策与匹配 over HTTP: policies for everyone, matches for their owner, authoring for officers."""

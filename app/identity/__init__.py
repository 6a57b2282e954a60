"""登录: who somebody is, how sure we are of it, and what a live session may do."""

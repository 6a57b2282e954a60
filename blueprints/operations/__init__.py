"""运行监测 over HTTP: the summary as JSON, and the page that shows it."""

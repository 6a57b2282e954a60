"""材料 over HTTP: uploads in pieces, and links of five minutes to files."""

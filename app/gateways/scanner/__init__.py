"""The virus scanner (病毒扫描) behind a port: clamd, or its stand-in in sandbox/clamd."""

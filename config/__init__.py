"""What changes without a release: settings from the environment, and data that change with a circular.

The data are YAML files, one per policy (`policies/`) with its cases beside it (`worked_cases/`), per service
(`services/`) and per calendar year (`calendar/`), and one per catalogue: `facts`, `params`, `vocabularies`,
`regions`, `themes`, `notifications`, `worked_cases` (somebody against several policies at once).
`config.files` reads them; the capabilities of `app/` check what they mean.

Every fact of law carries its `source` and a `verification`: primary (the text was read), secondary (a reprint
was read) or memory (to be confirmed by an administrator before it is published).
"""

"""Forms (表单): a pure engine over forms written as data. No database, no clock.

`definition.load_form` checks and compiles a form; `visibility.walk` recomputes the path from the answers;
`merging.merge` takes in what a client sent; `answers` validates a step and what is submitted.
"""

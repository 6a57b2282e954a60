"""规则: the one condition language, parsed, checked, evaluated, compiled, explained; pure throughout.

Map (import from the modules, nothing is re-exported here):

- `types`: Truth, Subject, Params, Fact, FieldKind, ListKind, Parameter, Vocabulary
- `faults`: Fault, RuleFaults (how a rule is refused)
- `vocabulary`: build_vocabulary, resolve_params
- `syntax`: the nodes All, Any, Not, Leaf, ListNode; parse, parse_form, dump, walk, names_in
- `evaluation`: evaluate, the plain recursive definition everything else must agree with
- `compilation`: compile_condition, the same answer as a closure
- `explanation`: explain, describe
- `amounts`: parse_benefit, assess_amount; inside: `benefits`, `expressions`, `intervals`
"""

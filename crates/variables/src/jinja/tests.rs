//! What templates give, beside what Jinja2 3.1 gave for them; and what they cannot do.

use serde_json::{Map, json};

use super::*;

fn named(variables: &Map<String, Json>) -> impl Iterator<Item = (&str, &Json)> {
    variables.iter().map(|(name, value)| (name.as_str(), value))
}

/// The variables, and templates with the output of Jinja2; null where it failed.
const SAME_AS_JINJA2: &str = include_str!("jinja2.jsonl");

fn variables() -> Map<String, Json> {
    let first: Json = serde_json::from_str(SAME_AS_JINJA2.lines().next().unwrap()).unwrap();
    first["variables"].as_object().unwrap().clone()
}

fn render(template: &str) -> Result<String, NodeError> {
    JinjaTemplate::compile(template)?.render(named(&variables()), MAX_OUTPUT_CHARS)
}

#[test]
fn template_gives_what_jinja2_gives() {
    for line in SAME_AS_JINJA2.lines().skip(1) {
        let case: Json = serde_json::from_str(line).unwrap();
        let template = case["template"].as_str().unwrap();
        assert_eq!(
            render(template).ok().as_deref(),
            case["output"].as_str(),
            "{template}"
        );
    }
}

/// Every known difference: the template, what Jinja2 gives, what we give (`None`: an error).
#[test]
fn differences_from_jinja2_are_these() {
    for (template, jinja2, ours) in [
        // Operators are not ours to change.
        (
            "{{ 'a' ~ big }}",
            Some("a1e+16"),
            Some("a10000000000000000.0"),
        ),
        ("{{ '%s-%d' % ('a', 3) }}", Some("a-3"), None),
        // Lists do not change.
        ("{{ [1].append(2) }}", Some("None"), None),
        // Extensions of Jinja2 that have to be switched on there.
        (
            "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
            None,
            Some("32"),
        ),
        // What shows the insides of Python is not there.
        ("{{ s.__class__ }}", Some("<class 'str'>"), Some("")),
        (
            "{{ self._TemplateReference__context }}",
            Some("<Context …>"),
            None,
        ),
        // Filters and functions that are not there.
        ("{{ ls|random }}", Some("b"), None),
        ("{{ 'see http://x.org'|urlize }}", Some("see <a …>"), None),
        ("{{ s|wordwrap(5) }}", Some("hello\nworld\nfoo"), None),
        ("{{ lipsum() }}", Some("<p>…</p>"), None),
        ("{{ cycler('a').reset() }}", Some("None"), None),
        (
            "{{ {'a': 'b c'}|urlencode }}",
            Some("a=b+c"),
            Some("a=b%20c"),
        ),
        // A name of the same `with` is seen by the next one.
        (
            "{% with a = 1, b = a %}{{ b }}{% endwith %}",
            Some(""),
            Some("1"),
        ),
        // Other templates.
        ("{% include 'x' ignore missing %}", None, None),
    ] {
        let got = render(template).ok();
        assert_eq!(got.as_deref(), ours, "{template}");
        assert!(
            ours.is_none() || got.as_deref() != jinja2,
            "{template} is no difference"
        );
    }
}

/// What would burn a processor or overflow a stack, were it not bounded.
const HOSTILE: [&str; 36] = [
    "{% for i in range(100000000) %}x{% endfor %}",
    "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 1000000000 }}",
    "{% set n = namespace(x='x') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = n.x, n.x %}{% endfor %}{{ n.x ~ 1 }}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson }}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|upper }}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|join }}",
    "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ '%s'|format(n.x) }}",
    "{% set n = namespace(x=1, y=1) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}",
    "{% set n = namespace(x=1, y=1) %}{% for i in range(60) %}{% set n.x = {'a': n.x, 'b': n.x} %}{% set n.y = {'a': n.y, 'b': n.y} %}{% endfor %}{{ n.x == n.y }}",
    "{% set n = namespace(x=1, y=1) %}{% for i in range(60) %}{% set n.x = dict(a=n.x, b=n.x) %}{% set n.y = dict(a=n.y, b=n.y) %}{% endfor %}{{ [n.x, n.y]|unique }}",
    "{% set n = namespace(x=1, y=1) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ [n.x, n.y]|sort }}",
    "{% set n = namespace() %}{% for i in range(60) %}{% set m = namespace() %}{% set m.a = n.x %}{% set m.b = n.x %}{% set n.x = m %}{% endfor %}{{ n.x ~ 1 }}",
    "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = n.x|batch(1)|list %}{% endfor %}{{ n.x }}",
    "{% macro r(x) %}{{ r([x, x]) }}{% endmacro %}{{ r(1) }}",
    "{% macro r() %}{{ r() }}{% endmacro %}{{ r() }}",
    "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% include 'template' %}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:.{}f}'.format(1.5, 1000000000) }}",
    "{% set x = [1] * 100000000 %}{{ x|length }}",
    "{{ 'a\nb'|indent(1000000000) }}",
    "{{ [1]|batch(1000000000, 'x')|list }}",
    "{{ [1]|slice(1000000000)|list }}",
    "{{ ([1] * 100000000)|list }}",
    "{{ [1] * 100000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 1 // 0 }}",
    "{% set s = 'x' * 100000 %}{% for i in range(9999) %}{{ s[-1:] }}{% endfor %}",
    "{% set a = [range(9999)|list] %}{% set b = [range(9999)|list] %}{% for i in range(99) %}{% if a == b %}{% endif %}{% endfor %}",
    "{{ cycler().next() }}",
];

#[test]
fn hostile_template_ends_with_an_error_within_its_budget() {
    let budget = Budget {
        fuel: 20_000,
        looks: 20_000,
    };
    for template in HOSTILE {
        let got = JinjaTemplate::compile_within(template, budget)
            .and_then(|template| template.render(named(&variables()), 20_000));
        let length = got.as_ref().map_or(0, String::len);
        assert!(got.is_err(), "{template}: {length} bytes");
    }
}

#[test]
fn longest_allowed_chains_and_nests_fit_the_stack() {
    let nest = |open: &str, inner: &str, close: &str, n| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    for template in [
        format!("{{{{ 1{} }}}}", "+1".repeat(199)),
        format!("{{{{ s{} }}}}", "|e".repeat(199)),
        format!("{{{{ {}1 }}}}", "-".repeat(199)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(199)),
        format!("{{{{ {} }}}}", nest("[", "", "]", 140)),
        format!("{{{{ {} }}}}", nest("(", "1", ")", 199)),
        nest("{% if 1 %}", "x", "{% endif %}", 5_000),
        nest("{% set a %}", "x", "{% endset %}", 5_000),
        nest("{% filter upper %}", "x", "{% endfilter %}", 5_000),
        nest("{% macro m() %}", "x", "{% endmacro %}", 5_000),
        nest("{% for i in l %}", "x", "{% endfor %}", 5_000),
    ] {
        // An answer or an error: both are fine, an abort is not.
        let _answer = render(&template);
    }
}

#[test]
fn inputs_that_are_deep_or_large_are_bounded() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let template = JinjaTemplate::compile("{{ x }}").unwrap();
    let variables = Map::from_iter([("x".to_owned(), deep)]);
    assert!(template.render(named(&variables), 1000).is_err());
    let large = Map::from_iter([("x".to_owned(), json!(vec!["é"; 1000]))]);
    let error = template.render(named(&large), 1000).unwrap_err();
    assert_eq!(
        error.message,
        "Output length exceeds the limit of 1000 characters"
    );
    assert_eq!(error.error_type(), "CodeExecutionError");
}

#[test]
fn error_says_what_is_wrong_and_where() {
    for (template, part) in [
        ("a\n{{ s", "syntax error: unexpected end of input"),
        (
            "a\n{{ s|nofilter }}",
            "unknown filter: filter nofilter is unknown (in template:2)",
        ),
        ("{{ missing.x.y }}", "undefined value"),
        (
            "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
            TOO_MUCH,
        ),
    ] {
        let error = render(template).unwrap_err();
        assert!(
            error.message.contains(part),
            "{template:?}: {}",
            error.message
        );
    }
}

#[test]
fn missing_variable_is_nothing_and_null_is_none() {
    let variables = Map::from_iter([("null".to_owned(), Json::Null)]);
    let template = JinjaTemplate::compile("[{{ missing }}] [{{ null }}]").unwrap();
    assert_eq!(
        template.render(named(&variables), 100).unwrap(),
        "[] [None]"
    );
}

//! What the reader and the writer must hold.

use serde_json::{Value, json};

use super::*;

/// The value of `k: TEXT`.
fn value_of(text: &str) -> Result<Value, YamlError> {
    read(&format!("k: {text}\n")).map(|value| value["k"].clone())
}

/// The table of what `PyYAML` 6 makes of plain texts.
#[test]
fn plain_text_means_what_pyyaml_makes_of_it() {
    let cases = [
        ("yes", json!(true)),
        ("on", json!(true)),
        ("off", json!(false)),
        ("NO", json!(false)),
        ("True", json!(true)),
        ("y", json!("y")),
        ("n", json!("n")),
        ("yEs", json!("yEs")),
        ("~", json!(null)),
        ("", json!(null)),
        ("Null", json!(null)),
        ("nUll", json!("nUll")),
        ("010", json!(8)),
        ("0777", json!(511)),
        ("0_7", json!(7)),
        ("00", json!(0)),
        ("-0", json!(0)),
        ("+12", json!(12)),
        ("1_000", json!(1000)),
        ("1_", json!(1)),
        ("-_", json!("-_")),
        ("09", json!("09")),
        ("0o10", json!("0o10")),
        ("0x1F", json!(31)),
        ("-0x1f", json!(-31)),
        ("0b101", json!(5)),
        ("1e5", json!("1e5")),
        ("1.5e3", json!("1.5e3")),
        ("1e-7", json!("1e-7")),
        ("1.5e+3", json!(1500.0)),
        ("1.e+3", json!(1000.0)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("-.5", json!("-.5")),
        ("1_0.2_5", json!(10.25)),
        ("1.5.5", json!("1.5.5")),
        ("12:30:45", json!(45045)),
        ("1:99", json!("1:99")),
        ("0:5", json!("0:5")),
        ("-1:30.5", json!(-90.5)),
        ("1e400", json!("1e400")),
        ("9223372036854775807", json!(i64::MAX)),
        ("18446744073709551615", json!(u64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("<<x", json!("<<x")),
        ("0.6.0", json!("0.6.0")),
    ];
    for (text, value) in cases {
        assert_eq!(value_of(text), Ok(value), "{text}");
    }
}

/// Where the original fails or keeps what JSON does not know.
#[test]
fn value_beyond_json_is_kept_as_text_or_number_or_refused() {
    let kept = [
        ("2025-01-02", json!("2025-01-02")),
        ("2025-01-02 10:00:00", json!("2025-01-02 10:00:00")),
        (
            "18446744073709551616",
            json!(18_446_744_073_709_551_616_f64),
        ),
        ("!!timestamp 2025-01-02", json!("2025-01-02")),
    ];
    for (text, value) in kept {
        assert_eq!(value_of(text), Ok(value), "{text}");
    }
    for text in [
        ".inf",
        "-.INF",
        ".nan",
        "1.0e+400",
        "0b_",
        "0x_",
        "!!int x",
        "!!bool 2",
        "!!seq a",
        "!!str [a]",
        "!!map [a]",
        "=",
        "!custom x",
        "!!python/object:os.system x",
        "!!binary aGk=",
        "!!set {a}",
        "!!omap [a: 1]",
        "{[a]: 1}",
        "{{a: 1}: 1}",
        "\"\\0\"",
        "\0",
        "\x07",
        "&a [*a]",
        "*nobody",
        "[b",
        "'",
        "@x",
        "%x",
        "`x",
        "a: b",
    ] {
        assert!(value_of(text).is_err(), "{text:?}: {:?}", value_of(text));
    }
}

#[test]
fn document_is_read_as_pyyaml_reads_it() {
    let cases = [
        ("", json!(null)),
        ("# only a comment\n", json!(null)),
        ("\u{feff}a: 1\n", json!({"a": 1})),
        ("--- a\n...\n", json!("a")),
        ("%YAML 1.1\n---\na: 1\n", json!({"a": 1})),
        ("a: 1\nb: 2\na: 3\n", json!({"a": 3, "b": 2})),
        (
            "y: 1\non: 2\n1: 3\n010: 4\n~: 5\n1.50: 6\n=: 7\n",
            json!({
                "y": 1, "true": 2, "1": 3, "8": 4, "null": 5, "1.5": 6, "=": 7
            }),
        ),
        ("? a\n", json!({"a": null})),
        (
            "a: &x {p: 1}\nb: {<<: *x, q: 2}\n",
            json!({"a": {"p": 1}, "b": {"p": 1, "q": 2}}),
        ),
        ("<<: {a: 1, b: 1}\na: 2\n", json!({"a": 2, "b": 1})),
        ("a: 2\n<<: {a: 1}\n", json!({"a": 2})),
        (
            "<<: [{a: 1, c: 3}, {a: 2, b: 2}]\n",
            json!({"a": 1, "b": 2, "c": 3}),
        ),
        ("<<: [{a: 1}]\n<<: {a: 5}\n", json!({"a": 5})),
        ("'<<': 1\n", json!({"<<": 1})),
        ("k: &k v\n*k : 1\n", json!({"k": "v", "v": 1})),
        (
            "a: ! 3\nb: !!str 3\nc: !!float 3\nd: !!null x\ne: !!bool yes\nf: !!int '7'\n",
            json!({
                "a": 3, "b": "3", "c": 3.0, "d": null, "e": true, "f": 7
            }),
        ),
        (
            "a: 'x\u{2028}  y'\nb: \"p\\Lq\"\n",
            json!({"a": "x\u{2028}y", "b": "p\u{2028}q"}),
        ),
        ("a: b\u{85}c: d\n", json!({"a": "b", "c": "d"})),
        (
            "a: |\n  x\n   y\nb: >-\n  p\n  q\n\n  r\n",
            json!({"a": "x\n y\n", "b": "p q\nr"}),
        ),
        (
            "a: [b,c:d, 'e':f]\n",
            json!({"a": ["b", "c:d", {"e": "f"}]}),
        ),
    ];
    for (text, value) in cases {
        assert_eq!(read(text), Ok(value), "{text:?}");
    }
}

/// A block that ends the file ends as the file does.
#[test]
fn block_at_the_end_has_the_line_breaks_of_the_file() {
    let cases = [
        ("a: |\n  x", "x"),
        ("a: |\n  x\n", "x\n"),
        ("a: |-\n  x", "x"),
        ("a: |+\n  x", "x"),
        ("a: |+\n  x\n  ", "x\n"),
        ("a: |\n  x\n  ", "x\n"),
        ("a: |\n  x\n   ", "x\n "),
        ("a: |+\n  x\n\n  ", "x\n\n"),
        ("a: >\n  x\n  é", "x é"),
        ("a: |\n  x\n# c", "x\n"),
        ("a: |\n   - \n  ", "- \n"),
        ("a: |\r  x\r", "x\n"),
        ("a: |\r\n  x\r\n  y\r\n", "x\ny\n"),
    ];
    for (text, value) in cases {
        assert_eq!(read(text), Ok(json!({"a": value})), "{text:?}");
    }
}

#[test]
fn keys_keep_the_order_of_the_file() {
    let value = read("b: 1\na: 2\nb: 3\n").unwrap();
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["b", "a"]);
}

//! Figures are declared once: operators find each in `docs/operations.md`, and what is drawn or alerted on is there.

use std::{collections::BTreeSet, fs, path::Path};

use gatewright_observe::metrics::{Format, Metrics};

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every figure by the name that one asks for it by; histograms without the endings of their series.
fn figures() -> BTreeSet<String> {
    let text = Metrics::new().encode(&[], Format::OpenMetrics);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let name = |line: &str| match line.split_once(' ').unwrap() {
        (name, "counter") => format!("{name}_total"),
        (name, "info") => format!("{name}_info"),
        (name, _) => name.to_owned(),
    };
    types.map(name).collect()
}

/// Names in a text that look like figures of ours or of a process.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_part(c));
    let figures = words.filter(|word| {
        word.starts_with("gatewright_") || (word.starts_with("process_") && word.len() > 8)
    });
    let series = ["_bucket", "_count", "_sum"];
    let whole = |word: &str| {
        let mut ends = series.iter().filter_map(|end| word.strip_suffix(end));
        ends.next().unwrap_or(word).to_owned()
    };
    figures.map(whole).collect()
}

#[test]
fn every_figure_is_explained_to_operators_and_no_other() {
    let text = read("docs/operations.md");
    let (_, section) = text
        .split_once("\n## Figures\n")
        .expect("a section of figures");
    let section = section.split("\n## ").next().unwrap();
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(listed, figures());
}

#[test]
fn dashboard_and_alerts_name_figures_that_there_are() {
    let known = figures();
    let dashboard = read("docker/grafana/gatewright.json");
    let _: serde_json::Value = serde_json::from_str(&dashboard).expect("the dashboard is JSON");
    for (path, text) in [
        ("docker/grafana/gatewright.json", dashboard),
        (
            "docker/prometheus/alerts.yaml",
            read("docker/prometheus/alerts.yaml"),
        ),
    ] {
        let named = named(&text);
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
        assert!(named.len() > 8, "{path} names {named:?}");
    }
}

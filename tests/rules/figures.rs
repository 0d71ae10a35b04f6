//! Figures are declared once: operators find each in `docs/operations.md`, and what is drawn or alerted on is there.

use std::{collections::BTreeSet, fs, path::Path};

use crate::architecture::rust_files;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The name without what the format puts behind it by the kind of the figure.
fn bare(name: &str) -> String {
    let ends = ["_total", "_info"];
    let bare = ends.iter().find_map(|end| name.strip_suffix(end));
    bare.unwrap_or(name).to_owned()
}

/// Every figure as it is declared: the format leaves out those that have no value yet.
fn figures() -> BTreeSet<String> {
    let mut declared = BTreeSet::new();
    for file in rust_files(&root().join("crates/observe/src/metrics")) {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let strings = code.split('"').skip(1).step_by(2);
        declared.extend(strings.filter(|text| is_figure(text)).map(str::to_owned));
    }
    declared
}

fn is_figure(text: &str) -> bool {
    let is_name = text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name && (text.starts_with("gatewright_") || text.starts_with("process_"))
}

/// Names in a text that look like figures of ours or of a process.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_part(c));
    let figures = words.filter(|word| is_figure(word));
    let series = ["_bucket", "_count", "_sum"];
    let whole = |word: &str| {
        let mut ends = series.iter().filter_map(|end| word.strip_suffix(end));
        bare(ends.next().unwrap_or(word))
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
    let listed: BTreeSet<String> = rows.map(|(name, _)| bare(name)).collect();
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

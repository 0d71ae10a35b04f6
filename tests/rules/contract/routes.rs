//! The table of routes against the operations that the code declares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    pages::Pages,
    sources::{self, Source, read},
    table::{Route, Row, Slices, rows},
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Routes of Dify that are known. A row may change its state, and never goes.
const AT_LEAST: usize = 919;

/// What the documents list and what handlers declare; the latter has what no document lists (`/health`).
fn mounted() -> BTreeSet<Route> {
    let mut found = BTreeSet::new();
    for name in [
        "console-api.json",
        "openapi-v1.json",
        "service-v1.json",
        "web-api.json",
    ] {
        let document: Value = serde_json::from_str(&read(&format!("openapi/{name}"))).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let operations = item.as_object().unwrap().iter();
            let operations = operations.filter(|(name, _)| METHODS.contains(&name.as_str()));
            for (method, operation) in operations {
                found.insert(Route::new(method, path));
                found.extend(also_at(operation));
            }
        }
    }
    found.extend(handlers().iter().flat_map(declared));
    found
}

/// Where else an operation is answered.
fn also_at(operation: &Value) -> Vec<Route> {
    let aliases = operation["x-also-at"].as_array().into_iter().flatten();
    let aliases = aliases.map(|alias| alias.as_str().unwrap().split_once(' ').unwrap());
    aliases
        .map(|(method, path)| Route::new(method, path))
        .collect()
}

fn handlers() -> Vec<Source> {
    let mut all = sources::all();
    all.retain(|source| source.is_rust() && source.path.starts_with("crates/"));
    all
}

/// The operations of a file: `#[utoipa::path(get, path = "…")]`.
fn declared(source: &Source) -> Vec<Route> {
    let text = source.flat();
    let places = text.split("#[utoipa::path(").skip(1);
    places
        .filter_map(|text| {
            let method = text.trim_start().split([',', ' ']).next()?;
            let path = text.split_once("path = \"")?.1.split('"').next()?;
            METHODS.contains(&method).then(|| Route::new(method, path))
        })
        .collect()
}

#[test]
fn routes_csv_is_sorted_and_has_each_route_once() {
    let rows = rows();
    let of_dify = rows.iter().filter(|row| row.state != "ours").count();
    assert!(
        of_dify >= AT_LEAST,
        "{of_dify} of {AT_LEAST} routes of Dify: rows went missing"
    );
    for pair in rows.windows(2) {
        assert!(
            pair[0].line < pair[1].line,
            "not in order of bytes: {}",
            pair[1].line
        );
    }
    let mut seen = BTreeSet::new();
    for row in &rows {
        assert!(seen.insert(row.route()), "twice: {}", row.line);
    }
}

#[test]
fn routes_csv_rows_have_all_required_columns() {
    let pages = Pages::read();
    let slices = Slices::read(&pages);
    let wrong: Vec<String> = rows()
        .iter()
        .filter_map(|row| {
            sound(row, &slices)
                .err()
                .map(|why| format!("{why}: {}", row.line))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn sound(row: &Row, slices: &Slices) -> Result<(), String> {
    let is_known = match row.surface.as_str() {
        "console" => row.path.starts_with("/console/api/"),
        "openapi" => row.path.starts_with("/openapi/v1/"),
        "service" => row.path.starts_with("/v1/"),
        "web" => row.path.starts_with("/api/"),
        "files" => row.path.starts_with("/files/"),
        "inner" => row.path.starts_with("/inner/api/"),
        "mcp" => row.path.starts_with("/mcp/"),
        "trigger" => row.path.starts_with("/triggers/"),
        "root" => true,
        _ => false,
    };
    let method = row.method.to_lowercase();
    let is_family = row.method == "ANY" && row.path.ends_with("{*rest}");
    if !is_known || !(METHODS.contains(&method.as_str()) || is_family) {
        return Err("surface, path and method do not fit".into());
    }
    let is_ours = row.state == "ours";
    if !["1.14.2", "1.16.1", "both", "none"].contains(&row.generation.as_str())
        || (row.generation == "none") != is_ours
    {
        return Err("no such generation".into());
    }
    match row.state.as_str() {
        "typed-empty" | "later" => slices.require_later(&row.why),
        "built" if row.alias_of().is_some() || row.why.contains(".md §") => Ok(()),
        "built" => Err("names no section and no route that it is an alias of".into()),
        "never" | "ours" if row.why.len() >= 8 => Ok(()),
        "never" | "ours" => Err("says not why".into()),
        _ => Err("no such state".into()),
    }
}

#[test]
fn routes_csv_has_every_served_route_and_true_states() {
    let (mounted, rows) = (mounted(), rows());
    assert!(
        mounted.len() >= 110,
        "{} operations: they are declared elsewhere",
        mounted.len()
    );
    let by_route: BTreeMap<Route, &Row> = rows.iter().map(|row| (row.route(), row)).collect();
    let mut wrong: Vec<String> = mounted
        .iter()
        .filter(|route| !by_route.contains_key(route))
        .map(|route| format!("has no row in docs/contract/routes.csv: {route}"))
        .collect();
    for row in &rows {
        let is_mounted = mounted.contains(&row.route());
        let stands_for = row.alias_of();
        let is_alias = stands_for.is_some_and(|route| {
            mounted.contains(&route) && by_route.get(&route).is_some_and(|row| row.is_there())
        });
        if row.is_there() && !is_mounted && !is_alias {
            wrong.push(format!("is not there: {}", row.line));
        }
        if !row.is_there() && is_mounted {
            wrong.push(format!("is there: {}", row.line));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Typed and empty is what `empty_lists.rs` answers, and nothing else.
#[test]
fn routes_csv_marks_typed_empty_routes() {
    let handlers = handlers();
    let files = handlers
        .iter()
        .filter(|source| source.path.ends_with("/empty_lists.rs"));
    let declared: BTreeSet<Route> = files.flat_map(declared).collect();
    let rows = rows();
    let called = rows
        .iter()
        .filter(|row| row.state == "typed-empty")
        .map(Row::route);
    assert_eq!(called.collect::<BTreeSet<_>>(), declared);
}

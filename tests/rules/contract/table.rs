//! `docs/contract/routes.csv` and the slices that it names.

use std::{collections::BTreeMap, fmt};

use super::{
    pages::{Pages, cells},
    sources::read,
};

const HEAD: &str = "surface,path,method,generation,state,why_or_where";

/// A line of the table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: String,
    pub(super) surface: String,
    pub(super) path: String,
    pub(super) method: String,
    pub(super) generation: String,
    pub(super) state: String,
    pub(super) why: String,
}

impl Row {
    fn of(line: &str) -> Self {
        let fields: Vec<&str> = line.split(',').collect();
        let [surface, path, method, generation, state, why] = fields.as_slice() else {
            panic!("routes.csv: not six fields: {line}");
        };
        let [surface, path, method, generation, state, why] =
            [surface, path, method, generation, state, why].map(|field| (*field).to_owned());
        Self {
            line: line.to_owned(),
            surface,
            path,
            method,
            generation,
            state,
            why,
        }
    }

    pub(super) fn route(&self) -> Route {
        Route::new(&self.method, &self.path)
    }

    /// Whether the server answers it with more than 404.
    pub(super) fn is_there(&self) -> bool {
        ["built", "typed-empty", "ours"].contains(&self.state.as_str())
    }

    /// The route that an alias stands for.
    pub(super) fn alias_of(&self) -> Option<Route> {
        let (method, path) = self.why.strip_prefix("alias of ")?.split_once(' ')?;
        Some(Route::new(method, path))
    }
}

/// Method and path; what parameters are called does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route {
    method: String,
    path: String,
}

impl Route {
    pub(super) fn new(method: &str, path: &str) -> Self {
        let mut shape = String::new();
        for (at, part) in path.split('{').enumerate() {
            let rest = if at == 0 {
                part
            } else {
                part.split_once('}').map_or("", |(_, rest)| rest)
            };
            shape += if at == 0 { "" } else { "{}" };
            shape += rest;
        }
        Self {
            method: method.to_uppercase(),
            path: shape,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The lines, as they stand there.
pub(super) fn rows() -> Vec<Row> {
    let text = read("docs/contract/routes.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEAD));
    lines.map(Row::of).collect()
}

/// The slices of the README of the contract: whether each is built.
pub(super) struct Slices(BTreeMap<String, bool>);

impl Slices {
    pub(super) fn read(pages: &Pages) -> Self {
        let page = &pages.page("README.md").unwrap().text;
        let section = page.split("\n## Slices\n").nth(1).expect("the slices");
        let rows = section.lines().filter_map(cells);
        let slices = rows.filter_map(|row| match row.as_slice() {
            [name, state, _] if name.starts_with('`') => {
                Some((name.trim_matches('`').to_owned(), *state == "built"))
            }
            _ => None,
        });
        Self(slices.collect())
    }

    /// A slice, and perhaps a note behind a colon: known, and still to come.
    pub(super) fn require_later(&self, text: &str) -> Result<(), String> {
        let name = text.split(':').next().unwrap_or_default();
        match self.0.get(name) {
            None => Err(format!("`{name}` is no slice of docs/contract/README.md")),
            Some(true) => Err(format!("the slice `{name}` is built")),
            Some(false) => Ok(()),
        }
    }
}

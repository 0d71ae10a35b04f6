//! The pages of the contract: their sections by number, and what stands in the first cells of their tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::sources::root;

/// The pages by file name.
pub(super) struct Pages(BTreeMap<String, Page>);

/// A page: the text of each numbered section, its subsections with it.
pub(super) struct Page {
    pub(super) text: String,
    sections: BTreeMap<String, String>,
}

impl Pages {
    pub(super) fn read() -> Self {
        let folder = fs::read_dir(root().join("docs/contract")).unwrap();
        let files = folder.map(|entry| entry.unwrap().path());
        let pages = files.filter(|path| path.extension().is_some_and(|e| e == "md"));
        Self(
            pages
                .map(|path| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (name, Page::of(fs::read_to_string(&path).unwrap()))
                })
                .collect(),
        )
    }

    pub(super) fn page(&self, name: &str) -> Option<&Page> {
        self.0.get(name)
    }

    /// Names of findings and decisions (`F4`, `A1`, `W-15`): the first cells of all tables.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.0
            .values()
            .flat_map(|page| first_cells(&page.text))
            .collect()
    }
}

impl Page {
    fn of(text: String) -> Self {
        let mut sections = BTreeMap::new();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((depth, number)) = heading(line) else {
                continue;
            };
            let body = lines[at + 1..].iter().take_while(|line| {
                let next = line.bytes().take_while(|byte| *byte == b'#').count();
                next == 0 || next > depth
            });
            let body = body.copied().collect::<Vec<_>>().join("\n");
            let twice = sections.insert(number.to_owned(), body);
            assert!(twice.is_none(), "two sections {number}");
        }
        Self { text, sections }
    }

    pub(super) fn section(&self, number: &str) -> Option<&str> {
        self.sections.get(number).map(String::as_str)
    }
}

/// Depth and number of a heading that has one.
fn heading(line: &str) -> Option<(usize, &str)> {
    let depth = line.bytes().take_while(|byte| *byte == b'#').count();
    let number = line.get(depth..)?.split_whitespace().next()?;
    let number = number.trim_end_matches('.');
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    (depth > 0 && is_number).then_some((depth, number))
}

/// The cells of a row of a table.
pub(super) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// The first cell of each row.
pub(super) fn first_cells(text: &str) -> impl Iterator<Item = String> {
    let rows = text.lines().filter_map(cells);
    rows.filter_map(|row| row.first().map(|cell| (*cell).to_owned()))
        .collect::<Vec<_>>()
        .into_iter()
}

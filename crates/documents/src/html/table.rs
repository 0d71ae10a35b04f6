//! Tables of HTML, written as all other tables are: no column is padded, for one long cell would make every row as long.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use htmd::{
    Element, HtmlToMarkdownBuilder,
    element_handler::{HandlerResult, Handlers},
};

use crate::{document::Table, error::ExtractError};

/// Stands behind a cell until its table is written.
const CELL: char = '\u{1F}';
/// Stands behind a row until its table is written.
const ROW: char = '\u{1E}';
/// The most columns that a cell is taken to span.
const MAX_SPAN: usize = 64;

/// A page in which these marks stand for nothing.
pub(super) fn without_marks(html: &str) -> Cow<'_, str> {
    if html.contains([CELL, ROW]) {
        Cow::Owned(html.replace([CELL, ROW], " "))
    } else {
        Cow::Borrowed(html)
    }
}

/// The tables of one page.
pub(super) struct Tables {
    most_cells: usize,
    is_too_large: Arc<AtomicBool>,
}

impl Tables {
    pub(super) fn new(most_cells: usize) -> Self {
        let is_too_large = Arc::default();
        Self {
            most_cells,
            is_too_large,
        }
    }

    pub(super) fn handled_by(&self, builder: HtmlToMarkdownBuilder) -> HtmlToMarkdownBuilder {
        let (most, flag) = (self.most_cells, Arc::clone(&self.is_too_large));
        let table = move |handlers: &dyn Handlers, element: Element<'_>| {
            let inside = handlers.walk_children(element.node).content;
            let written = write(&inside, most);
            if written.is_none() {
                flag.store(true, Ordering::Relaxed);
            }
            written
        };
        builder
            .add_handler(vec!["table"], table)
            .add_handler(
                vec!["thead", "tbody", "tfoot"],
                |handlers: &dyn Handlers, element: Element<'_>| {
                    Some(handlers.walk_children(element.node))
                },
            )
            .add_handler(
                vec!["tr"],
                |handlers: &dyn Handlers, element: Element<'_>| Some(row(handlers, &element)),
            )
            .add_handler(
                vec!["td", "th"],
                |handlers: &dyn Handlers, element: Element<'_>| Some(cell(handlers, &element)),
            )
    }

    /// Whether one of them was refused.
    pub(super) fn check(&self) -> Result<(), ExtractError> {
        if self.is_too_large.load(Ordering::Relaxed) {
            return Err(ExtractError::too_large("cells", self.most_cells));
        }
        Ok(())
    }
}

fn row(handlers: &dyn Handlers, element: &Element<'_>) -> HandlerResult {
    let mut cells = handlers.walk_children(element.node).content;
    cells.push(ROW);
    cells.into()
}

fn cell(handlers: &dyn Handlers, element: &Element<'_>) -> HandlerResult {
    let mut text = handlers.walk_children(element.node).content;
    text.push(CELL);
    let span = element
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == "colspan");
    let span = span.and_then(|attribute| attribute.value.parse::<usize>().ok());
    // The columns that it spans stay columns.
    text.extend((1..span.unwrap_or(1).min(MAX_SPAN)).map(|_| CELL));
    text.into()
}

/// The table whose rows and cells are marked; text between them, such as a caption, comes first. None when it is too large.
fn write(inside: &str, most: usize) -> Option<HandlerResult> {
    let (mut rows, mut around) = (Vec::new(), String::new());
    for piece in inside.split(ROW) {
        let mut cells: Vec<String> = piece
            .split(CELL)
            .map(|cell| cell.trim().to_owned())
            .collect();
        // What is behind the last cell is none.
        around.push_str(&cells.pop().unwrap_or_default());
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(cells);
        }
    }
    let table = Table { rows };
    let width = table.rows.iter().map(Vec::len).max().unwrap_or_default();
    if width.saturating_mul(table.rows.len()) > most {
        return None;
    }
    let text = format!("\n\n{around}\n{}\n\n", table.to_markdown());
    Some(text.into())
}

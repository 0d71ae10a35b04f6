//! What comes out of a file: pages of texts and tables.

use serde::{Deserialize, Serialize};

/// A file's text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// In their order: pages of a PDF, slides, sheets, chapters; a single one for everything else.
    pub pages: Vec<Page>,
}

/// A part of a document that begins anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The name of a sheet.
    pub title: Option<String>,
    /// In their order.
    pub blocks: Vec<Block>,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph, or a whole text.
    Text(String),
    /// A table that stands in the text.
    Table(Table),
}

/// A table; its first row is its head. Rows may be of different lengths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Document {
    /// All of it as one text, tables as Markdown: an empty line between pages, a line's end between blocks.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for (place, page) in self.pages.iter().enumerate() {
            if place > 0 {
                text.push_str("\n\n");
            }
            page.push_to(&mut text);
        }
        text
    }
}

impl Page {
    /// The page as one text, tables as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        self.push_to(&mut text);
        text
    }

    fn push_to(&self, text: &mut String) {
        for (place, block) in self.blocks.iter().enumerate() {
            if place > 0 {
                text.push('\n');
            }
            match block {
                Block::Text(piece) => text.push_str(piece),
                Block::Table(table) => table.push_to(text),
            }
        }
    }
}

impl Table {
    /// The table as Markdown: no line's end behind its last row.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        self.push_to(&mut text);
        text
    }

    fn push_to(&self, text: &mut String) {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        for (place, row) in self.rows.iter().enumerate() {
            if place > 0 {
                text.push('\n');
            }
            text.push('|');
            for column in 0..width {
                text.push(' ');
                push_cell(text, row.get(column).map_or("", String::as_str));
                text.push_str(" |");
            }
            if place == 0 {
                text.push_str("\n|");
                text.push_str(&" --- |".repeat(width));
            }
        }
    }
}

/// A cell's text in one line, in which no bar ends it.
fn push_cell(line: &mut String, text: &str) {
    for (place, piece) in text.trim().lines().enumerate() {
        if place > 0 {
            line.push_str("<br>");
        }
        line.push_str(&piece.trim_end().replace('|', "\\|"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let row = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        Table {
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn table_is_written_as_markdown_that_no_cell_breaks() {
        for (rows, written) in [
            (
                &[&["name", "城市"][..], &["Ada", "北京"]][..],
                "| name | 城市 |\n| --- | --- |\n| Ada | 北京 |",
            ),
            (
                &[&["a", "b"][..], &["1"], &["2", "3", "4"]],
                "| a | b |  |\n| --- | --- | --- |\n| 1 |  |  |\n| 2 | 3 | 4 |",
            ),
            (
                &[&["a"][..], &["x | y\r\nz\n"]],
                "| a |\n| --- |\n| x \\| y<br>z |",
            ),
            (&[], ""),
        ] {
            assert_eq!(table(rows).to_markdown(), written);
        }
    }

    #[test]
    fn document_is_its_pages_with_an_empty_line_between_them() {
        let page = |blocks: Vec<Block>| Page {
            title: Some("not shown".to_owned()),
            blocks,
        };
        let document = Document {
            pages: vec![
                page(vec![
                    Block::Text("one".to_owned()),
                    Block::Table(table(&[&["a"]])),
                    Block::Text("two".to_owned()),
                ]),
                page(vec![Block::Text("three".to_owned())]),
            ],
        };
        assert_eq!(document.to_markdown(), "one\n| a |\n| --- |\ntwo\n\nthree");
    }
}

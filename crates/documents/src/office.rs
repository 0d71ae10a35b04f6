//! Word documents and slides: paragraphs and tables in the order in which they stand, tables within cells at their place.
//!
//! Both kinds name paragraphs, runs, texts and tables alike, so that one walk serves them.

use std::collections::HashMap;

use crate::{
    document::{Block, Table},
    error::ExtractError,
    package::{Package, Relation},
    writer::Writer,
    xml::{self, Element, Token},
};

const WORD: &str = "DOCX";
const SLIDES: &str = "PPTX";

/// Elements that show nothing of their own: properties, what stands in for a drawing elsewhere, fields that count pages, moved text.
const SKIPPED: &[&str] = &[
    "pPr",
    "rPr",
    "tblPr",
    "Fallback",
    "fld",
    "moveFrom",
    "instrText",
    "delText",
];
/// The most columns that a cell is taken to span.
const MAX_SPAN: usize = 64;

pub(crate) fn word(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let mut package = Package::open(WORD, bytes, writer)?;
    let main = package.main_part(writer)?;
    let relations = package.relations(&main, writer)?;
    let text = package.part(&main)?;
    writer.page(None)?;
    walk(WORD, &text, &relations, writer)
}

pub(crate) fn slides(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let mut package = Package::open(SLIDES, bytes, writer)?;
    let main = package.main_part(writer)?;
    let relations = package.relations(&main, writer)?;
    let text = package.part(&main)?;
    let mut names = Vec::new();
    xml::read(SLIDES, &text, writer, |_, token| {
        if let Token::Open(element) = token
            && element.name() == "sldId"
            && let Some(relation) = element.relation().and_then(|id| relations.get(&id))
        {
            names.push(relation.target.clone());
        }
        Ok(())
    })?;
    for name in names {
        writer.page(None)?;
        let text = package.part(&name)?;
        walk(SLIDES, &text, &HashMap::new(), writer)?;
    }
    Ok(())
}

fn walk(
    kind: &str,
    text: &str,
    relations: &HashMap<String, Relation>,
    writer: &mut Writer<'_>,
) -> Result<(), ExtractError> {
    let mut walk = Walk {
        // An empty paragraph of a document is an empty line of it; slides are full of them.
        keeps_empty: kind == WORD,
        relations,
        skipped: 0,
        in_text: false,
        paragraphs: Vec::new(),
        links: Vec::new(),
        tables: Vec::new(),
    };
    xml::read(kind, text, writer, |writer, token| match token {
        Token::Open(element) => walk.open(&element, writer),
        Token::Close(name) => walk.close(name, writer),
        Token::Text(piece) => {
            walk.text(&piece);
            Ok(())
        }
    })
}

struct Walk<'a> {
    keeps_empty: bool,
    relations: &'a HashMap<String, Relation>,
    /// How many skipped elements are open.
    skipped: usize,
    in_text: bool,
    /// Paragraphs that are open: a text box stands within one.
    paragraphs: Vec<String>,
    links: Vec<Link>,
    tables: Vec<OpenTable>,
}

/// A link that is open: where in its paragraph it began, and where it leads.
struct Link {
    start: usize,
    target: Option<String>,
}

#[derive(Default)]
struct OpenTable {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    cell: Option<Cell>,
}

#[derive(Default)]
struct Cell {
    blocks: Vec<Block>,
    span: usize,
}

impl Walk<'_> {
    fn open(&mut self, element: &Element<'_>, writer: &mut Writer<'_>) -> Result<(), ExtractError> {
        let name = element.name();
        if name == "gridSpan" {
            self.span(element.attribute("val"));
        }
        if self.skipped > 0 || SKIPPED.contains(&name) {
            self.skipped += usize::from(SKIPPED.contains(&name));
            return Ok(());
        }
        match name {
            "p" => self.paragraphs.push(String::new()),
            "t" => self.in_text = true,
            "tab" => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "hyperlink" => self.open_link(element),
            "tbl" => self.tables.push(OpenTable::default()),
            "tr" => self.in_table(|table| table.row.clear()),
            "tc" => {
                writer.cells(1)?;
                self.in_table(|table| table.cell = Some(Cell::default()));
                self.span(element.attribute("gridSpan"));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str, writer: &mut Writer<'_>) -> Result<(), ExtractError> {
        if SKIPPED.contains(&name) {
            self.skipped = self.skipped.saturating_sub(1);
            return Ok(());
        }
        if self.skipped > 0 {
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "hyperlink" => self.close_link(),
            "p" => {
                let text = self.paragraphs.pop().unwrap_or_default();
                if self.keeps_empty || !text.trim().is_empty() {
                    self.block(Block::Text(text), writer)?;
                }
            }
            "tc" => self.in_table(OpenTable::close_cell),
            "tr" => self.in_table(OpenTable::close_row),
            "tbl" => {
                let rows = self
                    .tables
                    .pop()
                    .map(|table| table.rows)
                    .unwrap_or_default();
                self.block(Block::Table(Table { rows }), writer)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, piece: &str) {
        if self.in_text && self.skipped == 0 {
            self.push(piece);
        }
    }

    fn push(&mut self, piece: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.push_str(piece);
        }
    }

    fn open_link(&mut self, element: &Element<'_>) {
        let relation = element.relation().and_then(|id| self.relations.get(&id));
        let target = relation.filter(|relation| relation.kind == "hyperlink");
        self.links.push(Link {
            start: self.paragraphs.last().map_or(0, String::len),
            target: target.map(|relation| relation.target.clone()),
        });
    }

    fn close_link(&mut self) {
        let (Some(link), Some(paragraph)) = (self.links.pop(), self.paragraphs.last_mut()) else {
            return;
        };
        let Some(target) = link.target else { return };
        let Some(text) = paragraph
            .get(link.start..)
            .filter(|text| !text.trim().is_empty())
        else {
            return;
        };
        let written = format!("[{text}]({target})");
        paragraph.truncate(link.start);
        paragraph.push_str(&written);
    }

    fn in_table(&mut self, change: impl FnOnce(&mut OpenTable)) {
        if let Some(table) = self.tables.last_mut() {
            change(table);
        }
    }

    fn span(&mut self, columns: Option<String>) {
        let columns = columns.and_then(|columns| columns.parse::<usize>().ok());
        if let Some(columns) = columns {
            self.in_table(|table| {
                if let Some(cell) = &mut table.cell {
                    cell.span = columns.min(MAX_SPAN);
                }
            });
        }
    }

    /// Puts a block where it stands: into the cell that is open, or onto the page.
    fn block(&mut self, block: Block, writer: &mut Writer<'_>) -> Result<(), ExtractError> {
        let cell = self.tables.last_mut().and_then(|table| table.cell.as_mut());
        match (cell, block) {
            (Some(cell), block) => {
                cell.blocks.push(block);
                Ok(())
            }
            (None, Block::Text(text)) => writer.text(text),
            (None, Block::Table(table)) => writer.table(table),
        }
    }
}

impl OpenTable {
    fn close_cell(&mut self) {
        if let Some(cell) = self.cell.take() {
            let texts: Vec<String> = cell.blocks.iter().map(in_a_cell).collect();
            self.row.push(texts.join("\n").trim().to_owned());
            // The columns that it spans stay columns.
            for _ in 1..cell.span {
                self.row.push(String::new());
            }
        }
    }

    fn close_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if !row.is_empty() {
            self.rows.push(row);
        }
    }
}

/// A block within a cell: of a table its rows, a line each.
fn in_a_cell(block: &Block) -> String {
    match block {
        Block::Text(text) => text.clone(),
        Block::Table(table) => {
            let rows: Vec<String> = table.rows.iter().map(|row| row.join(" ")).collect();
            rows.join("\n")
        }
    }
}

//! Where readers of formats put what they find: it counts, and refuses what is too much.

use crate::{
    document::{Block, Document, Page, Table},
    error::ExtractError,
    limits::Limits,
};

/// A document that grows within limits.
pub(crate) struct Writer<'a> {
    pub(crate) limits: &'a Limits,
    document: Document,
    bytes: usize,
    cells: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            document: Document::default(),
            bytes: 0,
            cells: 0,
        }
    }

    /// A document of one page with one text.
    pub(crate) fn page_of(&mut self, text: String) -> Result<(), ExtractError> {
        self.page(None)?;
        self.text(text)
    }

    /// Begins a page.
    pub(crate) fn page(&mut self, title: Option<String>) -> Result<(), ExtractError> {
        if self.document.pages.len() >= self.limits.pages {
            return Err(ExtractError::too_large("pages", self.limits.pages));
        }
        self.count(title.as_deref().unwrap_or_default().len())?;
        let blocks = Vec::new();
        self.document.pages.push(Page { title, blocks });
        Ok(())
    }

    /// Adds a text to the page.
    pub(crate) fn text(&mut self, text: String) -> Result<(), ExtractError> {
        self.count(text.len() + 1)?;
        self.block(Block::Text(text));
        Ok(())
    }

    /// Adds a table to the page; one without rows is none.
    pub(crate) fn table(&mut self, table: Table) -> Result<(), ExtractError> {
        if table.rows.is_empty() {
            return Ok(());
        }
        let width = table.rows.iter().map(Vec::len).max().unwrap_or_default();
        self.cells(width * table.rows.len())?;
        let bytes: usize = table.rows.iter().flatten().map(|cell| cell.len() + 3).sum();
        self.count(bytes)?;
        self.block(Block::Table(table));
        Ok(())
    }

    /// Counts cells that are there or come in between.
    pub(crate) fn cells(&mut self, cells: usize) -> Result<(), ExtractError> {
        self.cells = self.cells.saturating_add(cells);
        if self.cells > self.limits.cells {
            return Err(ExtractError::too_large("cells", self.limits.cells));
        }
        Ok(())
    }

    /// Refuses a text that could not be added, before it is made.
    pub(crate) fn has_room(&self, bytes: usize) -> Result<(), ExtractError> {
        if self.bytes.saturating_add(bytes) > self.limits.text_bytes {
            return Err(ExtractError::too_large(
                "bytes of text",
                self.limits.text_bytes,
            ));
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Document {
        self.document
    }

    fn count(&mut self, bytes: usize) -> Result<(), ExtractError> {
        self.has_room(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    fn block(&mut self, block: Block) {
        match self.document.pages.last_mut() {
            Some(page) => page.blocks.push(block),
            None => self.document.pages.push(Page {
                title: None,
                blocks: vec![block],
            }),
        }
    }
}

//! How much text one node may make of its templates, and how much it may take in: all of it together, for a template costs little and what it
//! names may be large.

use std::cell::Cell;

use gatewright_variables::{Form, Pool, Template};

use super::Context;
use crate::failure::Failure;

/// What is left of the limit of a node's outputs, spent by what the node asks for.
pub(crate) struct Budget<'a> {
    pool: &'a Pool,
    limit: usize,
    left: Cell<usize>,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(context: &Context<'a>) -> Self {
        let limit = context.limits.output_bytes;
        Self {
            pool: context.pool,
            limit,
            left: Cell::new(limit),
        }
    }

    pub(crate) fn pool(&self) -> &'a Pool {
        self.pool
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.left.get()
    }

    /// Spends so many bytes.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Failure> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or_else(|| self.spent())?);
        Ok(())
    }

    /// The text of a template.
    pub(crate) fn render(&self, template: &Template) -> Result<String, Failure> {
        let text = template.render(self.pool, Form::Text, self.left.get());
        let text = text.map_err(|_| self.spent())?;
        self.take(text.len())?;
        Ok(text)
    }

    fn spent(&self) -> Failure {
        let text = format!(
            "What the node asks for is too large: at most {} bytes are allowed.",
            self.limit
        );
        Failure::new("ValueError", text)
    }
}

//! Jinja2 templates of nodes: compiled once with the graph, rendered by the values' crate.

use std::fmt;

use gatewright_variables::{NodeError, jinja::JinjaTemplate};

use crate::{failure::Failure, fields::Fields};

/// A template, or why it is none: that fails the node, not the graph.
pub(crate) struct Jinja(Result<Box<JinjaTemplate>, NodeError>);

impl Jinja {
    pub(crate) fn compile(source: &str) -> Self {
        Self(JinjaTemplate::compile(source).map(Box::new))
    }

    /// Renders it over variables, at most `limit` characters long. Null is nothing: so reads a variable that does not exist.
    pub(crate) fn render(&self, variables: &Fields, limit: usize) -> Result<String, Failure> {
        let template = self
            .0
            .as_ref()
            .map_err(|error| Failure::from(error.clone()))?;
        let there = variables.iter().map(|(name, value)| (name, value.json()));
        template
            .render(there.filter(|(_, json)| !json.is_null()), limit)
            .map_err(Failure::from)
    }
}

impl fmt::Debug for Jinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jinja(…)")
    }
}

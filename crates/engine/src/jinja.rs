//! Jinja2 templates of nodes.

use gatewright_variables::jinja::JinjaTemplate;

use crate::{failure::Failure, fields::Fields};

/// Renders a template over variables, at most `limit` characters long. Null is nothing: so reads a variable that
/// does not exist.
pub(crate) fn render(template: &str, variables: &Fields, limit: usize) -> Result<String, Failure> {
    let there = variables.iter().map(|(name, value)| (name, value.json()));
    JinjaTemplate::compile(template)
        .and_then(|template| template.render(there.filter(|(_, json)| !json.is_null()), limit))
        .map_err(|error| Failure::new(error.error_type(), error.message))
}

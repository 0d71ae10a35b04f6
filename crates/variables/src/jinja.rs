//! Jinja templates (template-transform, prompts in Jinja) by minijinja, printed as Jinja2 prints.
//!
//! A template sees the values that it is given and nothing else: no files, no clock, no environment, no templates but
//! itself. Its work, its depth and its output are bounded. Where it differs from Jinja2 stands in the tests here.

mod builders;
mod convert;
mod filters;
mod guard;
mod meter;
mod methods;
mod print;
mod template;

pub use template::{JinjaTemplate, MAX_OUTPUT_CHARS, MAX_TEMPLATE_BYTES};

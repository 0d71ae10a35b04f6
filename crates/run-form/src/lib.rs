//! The form that a run begins with, on pages: a control for each input, what was filled in as inputs, the files that came with it, and
//! what does not fit, in words. Members run apps by it, and visitors of the pages of apps. Its controls are the macros of
//! `templates/control.html`, which templates of both find (`askama.toml`).

pub mod fields;
pub mod file_choice;
pub mod icon;
pub mod problem;
pub mod reading;

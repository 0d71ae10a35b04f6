//! Reading a type with all of its problems.

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{problem::FieldProblem, reader::Reader};

/// Members nobody asked for that are told of, of one request.
const MAX_EXTRA: usize = 5;

/// Reads a type, or says what is wrong: the first problem of each member of the object, in the order of
/// the type's declaration; before them, where the type denies them, members that it does not know.
///
/// # Errors
/// The problems, at least one.
pub fn read<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Vec<FieldProblem>> {
    let object = Value::Object(object);
    let first = match read_at::<T>(&object, None) {
        Ok(value) => return Ok(value),
        Err((problem, _)) => problem,
    };
    let all = problems::<T>(&object);
    Err(if all.is_empty() { vec![first] } else { all })
}

/// A derived `Deserialize` ends at its first error. So it is run again from the member after that one,
/// until every member was looked at; what it says of those that it was not shown does not count.
fn problems<T: DeserializeOwned>(object: &Value) -> Vec<FieldProblem> {
    let (mut problems, mut extra) = (vec![], 0);
    let progress = Progress::default();
    loop {
        let from = progress.next.get();
        let Err((problem, is_extra)) = read_at::<T>(object, Some(&progress)) else {
            return problems;
        };
        let reached = progress.next.get();
        if progress.is_over.get() || reached == from {
            return problems;
        }
        problems.push(problem);
        extra += usize::from(is_extra);
        if extra == MAX_EXTRA {
            progress.next.set(reached.max(progress.unknown.get()));
        }
    }
}

fn read_at<'de, T: DeserializeOwned>(
    object: &'de Value,
    progress: Option<&'de Progress>,
) -> Result<T, (FieldProblem, bool)> {
    let reader = Reader::outermost(object, progress);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().clone();
        let invalid = error.into_inner();
        let is_extra = invalid.is_extra();
        (FieldProblem::at(&path, invalid), is_extra)
    })
}

/// How far the members of the outermost object were looked at.
#[derive(Default)]
pub(super) struct Progress {
    /// The place of the next one.
    pub(super) next: Cell<usize>,
    /// How many of them, at the front, the type does not know.
    pub(super) unknown: Cell<usize>,
    /// Whether the last one was reached without an error.
    pub(super) is_over: Cell<bool>,
}

#[cfg(test)]
mod tests;

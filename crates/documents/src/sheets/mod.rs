//! Tables: separated values, workbooks of today and of the nineties.

mod cell;
pub(crate) mod old;
pub(crate) mod separated;
pub(crate) mod workbook;

use crate::document::Table;

/// A table of rows from which those without any text are left out.
fn without_empty_rows(rows: Vec<Vec<String>>) -> Table {
    let is_empty = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
    Table {
        rows: rows.into_iter().filter(|row| !is_empty(row)).collect(),
    }
}

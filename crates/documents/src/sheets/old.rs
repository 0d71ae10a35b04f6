//! `xls`.

use std::io::Cursor;

use calamine::{Reader as _, SheetType, Xls, XlsError};

use super::{cell, without_empty_rows};
use crate::{error::ExtractError, writer::Writer};

const KIND: &str = "XLS";

pub(crate) fn read(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let broken = |error: XlsError| match error {
        XlsError::Password => ExtractError::Protected {
            kind: KIND.to_owned(),
        },
        error => ExtractError::broken(KIND, error),
    };
    let mut workbook: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(broken)?;
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let range = workbook.worksheet_range(&sheet.name).map_err(broken)?;
        let (height, width) = range.get_size();
        writer.cells(height.saturating_mul(width))?;
        let rows = range
            .rows()
            .map(|row| row.iter().map(cell::old_text).collect());
        let table = without_empty_rows(rows.collect());
        if !table.rows.is_empty() {
            writer.page(Some(sheet.name))?;
            writer.table(table)?;
        }
    }
    Ok(())
}

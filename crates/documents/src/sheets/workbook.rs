//! `xlsx`, cell by cell: what a sheet claims to be large is never made.

use std::{collections::HashMap, io::Cursor};

use calamine::{Reader as _, SheetType, Xlsx, XlsxError};

use super::{cell, without_empty_rows};
use crate::{error::ExtractError, package::Package, writer::Writer};

const KIND: &str = "XLSX";

pub(crate) fn read(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    Package::open(KIND, bytes, writer)?.weigh()?;
    let broken = |error: XlsxError| match error {
        XlsxError::Password => ExtractError::Protected {
            kind: KIND.to_owned(),
        },
        error => ExtractError::broken(KIND, error),
    };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let links = links(&mut workbook, &sheet.name);
        let mut rows = Rows::default();
        let mut cells = workbook
            .worksheet_cells_reader(&sheet.name)
            .map_err(broken)?;
        while let Some(found) = cells.next_cell().map_err(broken)? {
            let mut text = cell::text(found.get_value());
            if let Some(link) = links
                .get(&found.get_position())
                .filter(|_| !text.is_empty())
            {
                text = format!("[{text}]({link})");
            }
            rows.set(found.get_position(), text, writer)?;
        }
        let table = without_empty_rows(rows.rows);
        if !table.rows.is_empty() {
            writer.page(Some(sheet.name))?;
            writer.table(table)?;
        }
    }
    Ok(())
}

/// Where cells lead. A link over many cells is none of a text.
fn links(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> HashMap<(u32, u32), String> {
    // A sheet whose links cannot be read has its texts still.
    let found = workbook.hyperlinks_by_sheet_name(sheet).unwrap_or_default();
    let single = found
        .into_iter()
        .filter(|link| link.range.start == link.range.end);
    single
        .filter_map(|link| Some((link.range.start, link.target?)))
        .collect()
}

/// Rows that grow as cells come; those in between are empty, and counted.
#[derive(Default)]
struct Rows {
    rows: Vec<Vec<String>>,
    /// The sheet's row of each.
    places: Vec<u32>,
}

impl Rows {
    fn set(
        &mut self,
        place: (u32, u32),
        text: String,
        writer: &mut Writer<'_>,
    ) -> Result<(), ExtractError> {
        let (row, column) = place;
        if text.is_empty() {
            return Ok(());
        }
        writer.has_room(text.len())?;
        // Cells come in order, but nothing holds a file to it.
        let place = match self.places.last() {
            Some(last) if *last == row => self.rows.len() - 1,
            Some(last) if *last > row => match self.places.binary_search(&row) {
                Ok(place) => place,
                Err(_) => return Ok(()),
            },
            _ => {
                self.rows.push(Vec::new());
                self.places.push(row);
                self.rows.len() - 1
            }
        };
        let (Some(cells), Ok(column)) = (self.rows.get_mut(place), usize::try_from(column)) else {
            return Ok(());
        };
        if cells.len() <= column {
            writer.cells(column + 1 - cells.len())?;
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
        Ok(())
    }
}

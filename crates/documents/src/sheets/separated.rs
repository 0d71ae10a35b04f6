//! Separated values: `csv`, `tsv`.

use crate::{charset::decode, error::ExtractError, sheets::without_empty_rows, writer::Writer};

pub(crate) fn read(
    bytes: &[u8],
    delimiter: u8,
    writer: &mut Writer<'_>,
) -> Result<(), ExtractError> {
    let text = decode(bytes, None)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ExtractError::broken("CSV", error))?;
        writer.cells(record.len())?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    writer.page(None)?;
    writer.table(without_empty_rows(rows))
}

//! Files that hold settings, as text. Editors put a mark in front (BOM) or save in another encoding;
//! the one is taken off, the other is said.

use std::{fs, path::Path};

const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// The text of a file, without a byte order mark.
///
/// # Errors
/// What is wrong with it, without a word of what it holds.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let is_utf_16 = UTF_16.iter().any(|mark| bytes.starts_with(mark));
    let text = String::from_utf8(bytes).map_err(|_| {
        let what = if is_utf_16 {
            "is UTF-16"
        } else {
            "is not text"
        };
        format!("{what}; save it as UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

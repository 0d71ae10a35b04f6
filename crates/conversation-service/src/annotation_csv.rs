//! Annotations in a file: comma-separated values (RFC 4180), a line of headings, then question and answer.

use crate::{AnnotationText, ConversationError};

/// Largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 2 << 20;
/// Annotations of one file.
const MAX_ROWS: usize = 10_000;
/// Longest question or answer, in characters.
const MAX_CHARS: usize = 20_000;

/// The annotations of a file.
pub(crate) fn read(file: &[u8]) -> Result<Vec<AnnotationText>, ConversationError> {
    let bad = |why: String| ConversationError::BadFile(why);
    let text = std::str::from_utf8(file).map_err(|_| bad("the file is not UTF-8".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}').replace('\0', "");
    let mut rows = rows(&text).map_err(|error| bad(error.to_string()))?;
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    if rows.len() < 2 {
        return Err(bad("the file has no annotations".to_owned()));
    }
    if rows.len() > MAX_ROWS + 1 {
        return Err(bad(format!(
            "the file has more than {MAX_ROWS} annotations"
        )));
    }
    let read = |number: usize, row: Vec<String>| {
        let mut cells = row.into_iter();
        let (question, answer) = (
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
        );
        let fits = |text: &str| !text.trim().is_empty() && text.chars().count() <= MAX_CHARS;
        if fits(&question) && fits(&answer) {
            return Ok(AnnotationText { question, answer });
        }
        Err(bad(format!(
            "row {number}: question and answer must have from 1 to {MAX_CHARS} characters"
        )))
    };
    let numbered = rows.into_iter().enumerate().skip(1);
    numbered.map(|(place, row)| read(place + 1, row)).collect()
}

/// The cells of each row that has any.
fn rows(text: &str) -> Result<Vec<Vec<String>>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader
        .records()
        .map(|record| Ok(record?.iter().map(str::to_owned).collect()));
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(file: &str) -> Option<Vec<(String, String)>> {
        let read = read(file.as_bytes()).ok()?;
        let pair = |text: AnnotationText| (text.question, text.answer);
        Some(read.into_iter().map(pair).collect())
    }

    #[test]
    fn file_is_read_with_quotes_breaks_and_marks_as_spreadsheets_write_it() {
        let expected = [("a", "b"), ("c, \"d\"\ne", "你好")];
        let expected = expected.map(|(a, b)| (a.to_owned(), b.to_owned()));
        for file in [
            "question,answer\na,b\n\"c, \"\"d\"\"\ne\",你好\n",
            "\u{feff}question,answer\r\na,b,ignored\r\n\r\n\"c, \"\"d\"\"\ne\",\"你好\"",
        ] {
            assert_eq!(pairs(file).as_deref(), Some(&expected[..]), "{file}");
        }
    }

    #[test]
    fn file_without_pairs_or_with_half_of_one_is_refused() {
        for file in [
            "",
            "question,answer\n",
            "q,a\nonly\n",
            "q,a\n , \nx,\n",
            "q,a\n\"x,y\n",
        ] {
            assert_eq!(pairs(file), None, "{file}");
        }
        let long = format!("q,a\nx,{}", "y".repeat(MAX_CHARS + 1));
        assert_eq!(pairs(&long), None);
        let many = format!("q,a\n{}", "x,y\n".repeat(MAX_ROWS + 1));
        assert_eq!(pairs(&many), None);
        assert!(read(&[b'q', 0xff]).is_err());
    }
}

//! Doc comments of one or two words ("Whose.", "The text.") repeat a name; what stands in the crates and the
//! binaries says what a thing is, its unit, range, errors or source.

use std::{fs, path::Path};

use crate::architecture::rust_files;

#[test]
fn doc_comment_has_more_than_two_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut short = vec![];
    for folder in ["crates", "bins"] {
        for file in rust_files(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for (line, doc) in blocks(&text) {
                if is_short(&doc) {
                    short.push(format!("{}:{line}: {doc}", file.display()));
                }
            }
        }
    }
    assert!(
        short.is_empty(),
        "say what it is, or leave it out:\n{}",
        short.join("\n")
    );
}

#[test]
fn doc_comment_of_two_words_is_found_and_a_value_or_a_sentence_is_not() {
    let found = |text: &str| blocks(text).iter().any(|(_, doc)| is_short(doc));
    for short in [
        "/// Whose.\n",
        "    /// The text.\n    pub text: String,\n",
        "/// UTC\n",
        "/// 413.\n",
        "fn f() {}\n/// Why.",
    ] {
        assert!(found(short), "{short}");
    }
    for good in [
        "/// `success`.\n",
        "/// Always `account`.\n",
        "/// See [`State`].\n",
        "/// When it ended, in Unix seconds.\n",
        "/// A sentence that goes on over the end of its line, and ends on the\n/// next one.\n",
        "// Why.\n",
    ] {
        assert!(!found(good), "{good}");
    }
}

/// Each block of `///` lines as one text, with the line that it begins at.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = vec![];
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        let doc = line.trim_start().strip_prefix("///").map(str::trim);
        if let Some(doc) = doc {
            match blocks.last_mut().filter(|_| goes_on) {
                Some((_, block)) => {
                    block.push(' ');
                    block.push_str(doc);
                }
                None => blocks.push((number + 1, doc.to_owned())),
            }
        }
        goes_on = doc.is_some();
    }
    blocks
}

/// One or two plain words. A value or a name in backticks says something.
fn is_short(doc: &str) -> bool {
    let is_word = |word: &str| {
        word.chars()
            .all(|c| c.is_alphanumeric() || "-_'’".contains(c))
    };
    let words = doc
        .trim_end_matches(['.', ':', '!', '?'])
        .split_whitespace();
    doc.len() < 60 && words.clone().count() <= 2 && words.clone().all(is_word)
}

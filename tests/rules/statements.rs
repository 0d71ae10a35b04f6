//! Parameters of statements: a statement whose values are bound in another order is refused by PostgreSQL, but only where a test
//! reaches it.

use std::{collections::BTreeSet, fs, path::Path};

use crate::architecture::rust_files;

#[test]
fn parameters_of_a_statement_first_stand_in_the_order_of_their_values() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let (mut looked_at, mut bad) = (0, vec![]);
    // Its own tests show what becomes of one in another order.
    let own = Path::new("storage-kit/src/statement.rs");
    for file in rust_files(&crates)
        .into_iter()
        .filter(|file| !file.ends_with(own))
    {
        let text = fs::read_to_string(&file).unwrap();
        for statement in text.split("statement(").skip(1) {
            // What is written out; a text of another name is looked at where it stands.
            let Some((written, _)) = statement.split_once(".bind::<") else {
                continue;
            };
            let first = first_places(written);
            looked_at += usize::from(!first.is_empty());
            if first.windows(2).any(|pair| pair[0] + 1 != pair[1]) {
                bad.push(format!("{}: {first:?}", file.display()));
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(looked_at > 60, "{looked_at}");
    assert_eq!(first_places("$1 = $2 AND $1 = $4 AND $3"), [1, 2, 4, 3]);
}

/// The numbers of parameters, in the order in which each stands first.
fn first_places(text: &str) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let numbers = text.split('$').skip(1).filter_map(|behind| {
        let digits = behind.find(|c: char| !c.is_ascii_digit());
        behind[..digits.unwrap_or(behind.len())].parse().ok()
    });
    numbers.filter(|number| seen.insert(*number)).collect()
}

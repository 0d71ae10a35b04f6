//! Every security case has a test that carries its number, or says why there is none.

use std::collections::BTreeSet;

use super::{
    names,
    pages::{Pages, cells},
    table::Slices,
};

struct Case {
    number: u32,
    held_by: String,
}

fn cases(pages: &Pages) -> Vec<Case> {
    let page = &pages.page("security-cases.md").unwrap().text;
    let rows = page.lines().filter_map(cells);
    rows.filter_map(|row| match row.as_slice() {
        [number, _, _, held_by] => Some(Case {
            number: number.parse().ok()?,
            held_by: (*held_by).to_owned(),
        }),
        _ => None,
    })
    .collect()
}

#[test]
fn every_security_case_has_a_test_or_a_reason() {
    let pages = Pages::read();
    let (tests, slices) = (names::all(), Slices::read(&pages));
    let tested: BTreeSet<u32> = tests.iter().flat_map(|name| names::cases(name)).collect();
    let cases = cases(&pages);
    assert!(cases.len() >= 170, "{} cases", cases.len());
    let mut seen = BTreeSet::new();
    let mut wrong = vec![];
    for case in &cases {
        let is_tested = tested.contains(&case.number);
        if !seen.insert(case.number) {
            wrong.push(format!("{}: stands there twice", case.number));
        }
        if let Err(why) = held(case, is_tested, &tests, &slices) {
            wrong.push(format!("{}: {why}", case.number));
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/contract/security-cases.md: {wrong:#?}"
    );
}

fn held(
    case: &Case,
    is_tested: bool,
    tests: &BTreeSet<String>,
    slices: &Slices,
) -> Result<(), String> {
    let number = case.number;
    let Some((kind, text)) = case.held_by.split_once(':') else {
        return match (case.held_by.is_empty(), is_tested) {
            (true, true) => Ok(()),
            (true, false) => Err(format!(
                "no test is called sec_{number:03}_…, and no reason is given"
            )),
            (false, _) => Err(format!("`{}` is no reason", case.held_by)),
        };
    };
    if is_tested {
        return Err(format!(
            "a test carries the number: `{kind}` is no longer true"
        ));
    }
    match kind {
        "later" => slices.require_later(text.trim()),
        "by" => {
            let mut named = text.split('`').skip(1).step_by(2).peekable();
            if named.peek().is_none() {
                return Err("names no test".to_owned());
            }
            named
                .find(|name| !tests.contains(*name))
                .map_or(Ok(()), |name| Err(format!("{name} is no test")))
        }
        "not built" | "by design" | "outside" if text.trim().len() > 10 => Ok(()),
        _ => Err(format!("`{}` is no reason", case.held_by)),
    }
}

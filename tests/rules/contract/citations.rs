//! Every `console.md §7.9`, `DECISIONS §4 "SSO"`, `(F1)`, `sec_033` and finding in a test's name is to be found in the contract.

use std::collections::BTreeSet;

use super::{
    names,
    pages::{Pages, first_cells},
    sources,
};

const SIGN: char = '§';

/// A section of a page, perhaps with what is meant in it.
#[derive(Debug, PartialEq, Eq)]
struct Cited {
    page: String,
    section: String,
    /// A row of that number.
    row: Option<String>,
    /// A row or paragraph of that name.
    topic: Option<String>,
}

#[test]
fn every_citation_resolves() {
    let pages = Pages::read();
    let known = Known::of(&pages);
    let (mut missing, mut sections, mut cases) = (vec![], 0, 0);
    // What this file makes up is its own affair.
    let sources = sources::all().into_iter();
    for source in sources.filter(|source| !source.path.ends_with("contract/citations.rs")) {
        let text = source.flat();
        let cited = cited(&text);
        sections += cited.len();
        missing.extend(
            cited
                .iter()
                .filter_map(|one| resolve(&pages, one).err())
                .map(|why| format!("{}: {why}", source.path)),
        );
        let tests = if source.is_rust() {
            names::of(&source)
        } else {
            vec![]
        };
        cases += names::cases(&text).len();
        missing.extend(
            known
                .unknown(&text, &tests)
                .map(|what| format!("{}: {what}", source.path)),
        );
    }
    assert!(missing.is_empty(), "not in docs/contract: {missing:#?}");
    assert!(
        sections >= 100 && cases >= 150,
        "{sections} sections, {cases} cases: what happened to them?"
    );
}

/// What has a name in the contract besides sections.
struct Known {
    cases: BTreeSet<u32>,
    ids: BTreeSet<String>,
}

impl Known {
    fn of(pages: &Pages) -> Self {
        let cases = first_cells(&pages.page("security-cases.md").unwrap().text);
        Self {
            cases: cases.filter_map(|cell| cell.parse().ok()).collect(),
            ids: pages.ids(),
        }
    }

    fn unknown<'a>(&'a self, text: &str, tests: &[String]) -> impl Iterator<Item = String> + 'a {
        let cases = names::cases(text).into_iter().chain(numbered_cases(text));
        let cases: Vec<u32> = cases.filter(|case| !self.cases.contains(case)).collect();
        let found = tests.iter().flat_map(|test| names::findings(test));
        let ids = found.chain(decisions(text));
        let ids: Vec<String> = ids.filter(|id| !self.ids.contains(id)).collect();
        let cases = cases
            .into_iter()
            .map(|case| format!("security case {case}"));
        cases.chain(ids)
    }
}

/// `case 149` in prose.
fn numbered_cases(text: &str) -> impl Iterator<Item = u32> {
    let places = text
        .match_indices(" case ")
        .map(|(at, word)| &text[at + word.len()..]);
    places.filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// `F1`, as a word.
fn decisions(text: &str) -> impl Iterator<Item = String> {
    let is_id = |word: &&str| {
        let digits = word.strip_prefix('F').unwrap_or_default();
        (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    // A percent sign belongs to the word: `%F0` is a byte.
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '%' || c == '_'));
    words.filter(is_id).map(str::to_owned)
}

fn resolve(pages: &Pages, cited: &Cited) -> Result<(), String> {
    let Cited {
        page,
        section,
        row,
        topic,
    } = cited;
    let found = pages
        .page(page)
        .ok_or_else(|| format!("there is no {page}"))?;
    let body = found
        .section(section)
        .ok_or_else(|| format!("{page} has no {SIGN}{section}"))?;
    if let Some(row) = row
        && !first_cells(body).any(|cell| cell == *row)
    {
        return Err(format!("{page} {SIGN}{section} has no row {row}"));
    }
    if let Some(topic) = topic
        && !body.contains(&format!("**{topic}"))
        && !first_cells(body).any(|cell| cell == *topic)
    {
        return Err(format!(
            "{page} {SIGN}{section} says nothing of \"{topic}\""
        ));
    }
    Ok(())
}

/// Every citation of a section.
fn cited(text: &str) -> Vec<Cited> {
    let mut found = vec![];
    for (at, suffix) in text.match_indices(".md") {
        let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let start = text[..at].rfind(|c| !name(c)).map_or(0, |before| {
            before + text[before..].chars().next().map_or(0, char::len_utf8)
        });
        let page = format!("{}{suffix}", &text[start..at]);
        found.extend(sections(&page, &text[at + suffix.len()..]));
    }
    for (at, name) in text.match_indices("DECISIONS") {
        found.extend(sections("decisions.md", &text[at + name.len()..]));
    }
    found
}

/// What stands behind the name of a page: one number, a range, several; each perhaps with a row or a topic.
fn sections(page: &str, text: &str) -> Vec<Cited> {
    let mut found: Vec<Cited> = vec![];
    let mut rest = text.trim_start_matches(['`', ')', ']', ' ']);
    if !rest.starts_with(SIGN) {
        return found;
    }
    loop {
        rest = rest.trim_start_matches([SIGN, ' ']);
        let Some((number, behind)) = section_number(rest) else {
            return found;
        };
        rest = behind;
        let mut last = number.to_owned();
        if let Some((end, behind)) = rest.strip_prefix('–').and_then(section_number) {
            found.extend(between(number, end).map(|section| plain(page, section)));
            (last, rest) = (end.to_owned(), behind);
        }
        let mut one = plain(page, last);
        if let Some(behind) = rest.strip_prefix(" #") {
            let (row, behind) = section_number(behind).unwrap_or(("", behind));
            one.row = Some(row.to_owned());
            rest = behind;
        }
        let quoted = rest.trim_start_matches([',', ' ']).strip_prefix('"');
        if let Some((topic, behind)) = quoted.and_then(|quoted| quoted.split_once('"')) {
            one.topic = Some(topic.to_owned());
            rest = behind;
        }
        found.push(one);
        let next = rest
            .strip_prefix(", ")
            .or_else(|| rest.strip_prefix(" and "));
        match next {
            Some(next) if next.starts_with(|c: char| c == SIGN || c.is_ascii_digit()) => {
                rest = next;
            }
            _ => return found,
        }
    }
}

fn plain(page: &str, section: String) -> Cited {
    Cited {
        page: page.to_owned(),
        section,
        row: None,
        topic: None,
    }
}

/// `7.14`, without a full stop behind it.
fn section_number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| (number, &text[number.len()..]))
}

/// The sections of a range but for its end: they differ in the last number.
fn between(first: &str, end: &str) -> impl Iterator<Item = String> {
    let (parent, from) = first.rsplit_once('.').unwrap_or(("", first));
    let to = end.rsplit('.').next().unwrap_or(end);
    let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
    assert!(from < to, "{first} to {end} is no range");
    let dot = if parent.is_empty() { "" } else { "." };
    let parent = parent.to_owned();
    (from..to).map(move |last| format!("{parent}{dot}{last}"))
}

/// What is made up is noticed.
#[test]
fn citation_that_does_not_exist_is_found() {
    let pages = Pages::read();
    let sound = |text: &str| cited(text).iter().all(|one| resolve(&pages, one).is_ok());
    for good in [
        "(console.md §7.9)",
        "`device-flow.md` §§4.3–4.5, and more",
        "DECISIONS §2, \"Client address\"; console.md §13 #4: x",
        "docs/contract/device-flow.md §5, DECISIONS §§1, 2, 4",
    ] {
        assert!(!cited(good).is_empty() && sound(good), "{good}");
    }
    for bad in [
        "console.md §7.99",
        "device-flow.md §§4.3–4.9",
        "device-flow.md §5, 77",
        "consoles.md §7.9",
        "console.md §13 #99",
        "DECISIONS §4 \"Made up\"",
    ] {
        assert!(!sound(bad), "{bad}");
    }
    let known = Known::of(&pages);
    let tests = ["a9_x", "w_99_x", "sec_033_g11_x"].map(str::to_owned);
    let text = "sec_999_x, sec_180_to_182_x, sec_004, see case 999 (F9) %F8";
    let unknown: Vec<String> = known.unknown(text, &tests).collect();
    assert_eq!(
        unknown,
        [
            "security case 999",
            "security case 4",
            "security case 999",
            "A9",
            "W-99",
            "G11",
            "F9"
        ],
    );
}

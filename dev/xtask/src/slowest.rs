//! Which tests took the longest, from the report that the runner leaves (`JUnit`, as nextest writes it).

/// Tests that are named.
const COUNT: usize = 10;

/// The ten that took the longest, the slowest first: seconds and name.
pub(crate) fn list(report: &str) -> Vec<(f64, String)> {
    let cases = report.split("<testcase ").skip(1);
    let mut all: Vec<(f64, String)> = cases
        .filter_map(|case| {
            let case = case.split('>').next()?;
            let seconds = attribute(case, "time")?.parse().ok()?;
            Some((seconds, attribute(case, "name")?.to_owned()))
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.truncate(COUNT);
    all
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=\"");
    let at = element
        .match_indices(&start)
        .find(|(at, _)| *at == 0 || element[..*at].ends_with(' '))?;
    element[at.0 + start.len()..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowest_tests_are_listed_first_and_similar_attributes_ignored() {
        let report = r#"<testsuites><testsuite name="it" time="9">
            <testcase name="quick" classname="it" timestamp="x" time="0.5"></testcase>
            <testcase name="slow" classname="it" timestamp="x" time="3.25"/>
        </testsuite></testsuites>"#;
        let expected = [(3.25, "slow".to_owned()), (0.5, "quick".to_owned())];
        assert_eq!(list(report), expected);
    }
}

//! What authors of workflows say in mails about forms.

/// What the author of a workflow says in a mail about a form.
#[derive(Debug, Clone)]
pub struct FormText<'a> {
    /// As the author wrote it; empty: the template's own.
    pub subject: &'a str,
    /// HTML that can do nothing.
    pub html: String,
    /// The same as plain text.
    pub text: &'a str,
}

/// A subject of somebody's: one line without tags.
pub(crate) fn one_line(subject: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in subject.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if is_tag => {}
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn subject_of_an_author_is_one_line_without_tags() {
        for (subject, expected) in [
            (
                "Please  <b>answer</b>\r\nBcc: x@y.example",
                "Please answer Bcc: x@y.example",
            ),
            ("a > b", "a > b"),
            ("<script>", ""),
            (" 请 答复 ", "请 答复"),
        ] {
            assert_eq!(one_line(subject), expected, "{subject:?}");
        }
    }
}

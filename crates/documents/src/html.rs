//! HTML as Markdown: headings, lists, links and tables stay what they are; scripts, styles and embedded images go.

mod table;

use htmd::{
    Element, HtmlToMarkdown,
    element_handler::{HandlerResult, Handlers},
};

use self::table::Tables;
use crate::{charset::decode, error::ExtractError, writer::Writer};

/// What is nothing to read.
const SKIPPED: &[&str] = &[
    "script", "style", "head", "noscript", "template", "svg", "iframe", "object", "math",
];

/// Elements that nothing has to close.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that the next of their kind closes, so that many in a row are not nested.
const CLOSED_BY_THE_NEXT: &[&str] = &[
    "p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "body", "html", "head",
];

/// Where an encoding is named, if it is.
const HEAD_BYTES: usize = 1024;

pub(crate) fn read(bytes: &[u8], writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let html = decode(bytes, claimed_charset(bytes).as_deref())?;
    writer.page(None)?;
    if let Some(title) = title(&html) {
        writer.text(title)?;
    }
    let text = to_markdown(&html, writer)?;
    writer.text(text)
}

/// The text of a page's body.
pub(crate) fn to_markdown(html: &str, writer: &Writer<'_>) -> Result<String, ExtractError> {
    let limit = writer.limits.depth;
    if nesting(html) > limit {
        return Err(ExtractError::too_large("nested elements", limit));
    }
    let tables = Tables::new(writer.limits.cells);
    let converter = HtmlToMarkdown::builder()
        .skip_tags(SKIPPED.to_vec())
        .add_handler(vec!["img"], image)
        .scripting_enabled(false);
    let converter = tables.handled_by(converter).build();
    let text = converter
        .convert(&table::without_marks(html))
        .map_err(|error| ExtractError::broken("HTML", error))?;
    tables.check()?;
    writer.has_room(text.len())?;
    Ok(text)
}

/// An image that is written into the page itself is nothing to read; its description is.
fn image(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let attribute = |name: &str| {
        let found = element
            .attrs
            .iter()
            .find(|attribute| &*attribute.name.local == name);
        found.map(|attribute| attribute.value.to_string())
    };
    match attribute("src") {
        Some(source) if source.trim_start().starts_with("data:") => {
            Some(attribute("alt").unwrap_or_default().into())
        }
        _ => handlers.fallback(element),
    }
}

/// The text of `<title>`, in one line.
fn title(html: &str) -> Option<String> {
    let start = find(html, "<title", 0)?;
    let start = start + html[start..].find('>')? + 1;
    let end = find(html, "</title", start)?;
    let raw = html
        .get(start..end)?
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
    (!text.is_empty()).then_some(text)
}

/// Where a text in small ASCII letters begins, whatever the case there.
fn find(html: &str, what: &str, from: usize) -> Option<usize> {
    let bytes = html.as_bytes();
    (from..bytes.len().saturating_sub(what.len() - 1))
        .find(|place| bytes[*place..*place + what.len()].eq_ignore_ascii_case(what.as_bytes()))
}

/// The label in `<meta charset=…>`, in its longer form, or in an XML declaration.
fn claimed_charset(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declared = |name: &str| {
        let behind = head
            .split_once(name)?
            .1
            .trim_start_matches(['"', '\'', ' ']);
        let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
        let label = &behind[..end.unwrap_or(behind.len())];
        (!label.is_empty()).then(|| label.to_owned())
    };
    declared("charset=").or_else(|| declared("encoding="))
}

/// How deeply elements are nested at most; never less than a parser would find, but for elements that close one another.
fn nesting(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for piece in html.split('<').skip(1) {
        let closes = piece.starts_with('/');
        let name = piece.trim_start_matches('/');
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        if name.is_empty() || VOID.contains(&name.as_str()) {
            continue;
        }
        if CLOSED_BY_THE_NEXT.contains(&name.as_str()) {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn text_of(html: &[u8]) -> Result<String, ExtractError> {
        let limits = Limits::default();
        let mut writer = Writer::new(&limits);
        read(html, &mut writer)?;
        Ok(writer.finish().to_markdown())
    }

    #[test]
    fn page_is_markdown_without_what_is_nothing_to_read() {
        let gbk = [
            &b"<html><head><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\"></head><body>"[..],
            &encoding_rs::GBK.encode("中").0,
        ]
        .concat();
        for (html, text) in [
            (
                "<title>The\n Title &amp; more</title><style>p{}</style><nav>menu</nav><h1>Heading</h1><p>First   paragraph with <a href='https://example.com/l'>a link</a>.</p><script>var x</script>".as_bytes(),
                "The Title & more\nmenu\n\n# Heading\n\nFirst paragraph with [a link](https://example.com/l).",
            ),
            (
                "<table><tr><th>名</th><th>v</th></tr><tr><td>port</td><td>5001</td></tr></table>".as_bytes(),
                "| 名 | v |\n| --- | --- |\n| port | 5001 |",
            ),
            (
                "a<table><tr><td colspan=2>x|y<tr><td>1<td><b>2</b><p>3</table>b".as_bytes(),
                "a\n\n| x\\|y |  |\n| --- | --- |\n| 1 | **2**<br><br>3 |\n\nb",
            ),
            ("<ul><li>one<li>two</ul>".as_bytes(), "*   one\n*   two"),
            ("a<img src='data:image/png;base64,AAAA' alt='logo'>b".as_bytes(), "alogob"),
            (&gbk, "中"),
            (b"", ""),
        ] {
            assert_eq!(text_of(html).unwrap(), text);
        }
    }

    #[test]
    fn page_that_nests_too_deeply_is_refused_and_a_long_list_is_not() {
        let deep = "<div>".repeat(100_000);
        assert!(matches!(
            text_of(deep.as_bytes()),
            Err(ExtractError::TooLarge { .. })
        ));
        // A wide row and a long column make a table that is larger than its page.
        let wide = format!(
            "<table><tr>{}{}</table>",
            "<td>x".repeat(20_000),
            "<tr><td>x".repeat(20_000)
        );
        assert!(matches!(
            text_of(wide.as_bytes()),
            Err(ExtractError::TooLarge { .. })
        ));
        let long = "<li>item".repeat(5_000);
        assert_eq!(text_of(long.as_bytes()).unwrap().lines().count(), 5_000);
    }
}

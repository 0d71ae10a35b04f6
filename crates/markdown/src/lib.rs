//! Markdown that people wrote, or that their workflows and models put together, as HTML that can do nothing: paragraphs, emphasis, lists,
//! code, tables, and links to `http`, `https` and `mailto`. Tags that stand in it are taken out, their text stays. Answers of models
//! ([`answer_to_html`]) have headings, quotations, formulas and pictures beside it.

mod answer;

pub use answer::{Pictures, answer_to_html};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Where a link may lead.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

/// HTML of this list of elements: `a`, `br`, `code`, `em`, `li`, `ol`, `p`, `pre`, `strong`, `table`, `tbody`, `td`, `th`, `thead`,
/// `tr`, `ul`.
pub fn to_html(markdown: &str) -> String {
    let mut writer = Writer::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Of the links that are open, whether each is shown as one.
    links: Vec<bool>,
    in_head: bool,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                escape(&text, &mut self.out);
            }
            Event::Code(text) => {
                self.out.push_str("<code>");
                escape(&text, &mut self.out);
                self.out.push_str("</code>");
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                escape(&without_tags(&html), &mut self.out);
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak | Event::Rule => self.out.push_str("<br>"),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } => {
                let is_shown = leads_out(&dest_url);
                self.links.push(is_shown);
                if is_shown {
                    self.out.push_str("<a href=\"");
                    escape(&dest_url, &mut self.out);
                    self.out
                        .push_str("\" rel=\"noopener noreferrer nofollow\">");
                }
            }
            Tag::TableHead => {
                self.in_head = true;
                self.out.push_str("<thead><tr>");
            }
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { .. } => self.out.push_str("<p><strong>"),
            Tag::CodeBlock(_) => self.out.push_str("<pre><code>"),
            Tag::List(Some(_)) => self.out.push_str("<ol>"),
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Table(_) => self.out.push_str("<table>"),
            Tag::TableRow => self.out.push_str("<tr>"),
            Tag::TableCell => self
                .out
                .push_str(if self.in_head { "<th>" } else { "<td>" }),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link if self.links.pop() == Some(true) => self.out.push_str("</a>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead><tbody>");
            }
            TagEnd::Paragraph => self.out.push_str("</p>\n"),
            TagEnd::Heading(_) => self.out.push_str("</strong></p>\n"),
            TagEnd::CodeBlock => self.out.push_str("</code></pre>\n"),
            TagEnd::List(true) => self.out.push_str("</ol>\n"),
            TagEnd::List(false) => self.out.push_str("</ul>\n"),
            TagEnd::Item => self.out.push_str("</li>\n"),
            TagEnd::Table => self.out.push_str("</tbody></table>\n"),
            TagEnd::TableRow => self.out.push_str("</tr>"),
            TagEnd::TableCell => {
                self.out
                    .push_str(if self.in_head { "</th>" } else { "</td>" });
            }
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            _ => {}
        }
    }
}

pub(crate) fn leads_out(url: &str) -> bool {
    let starts = |scheme: &&str| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().any(starts)
}

/// What stands between tags.
pub(crate) fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        text.push_str(before);
        rest = behind.split_once('>').map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    text
}

pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_elements_of_the_list_and_nothing_else() {
        for (markdown, html) in [
            (
                "Hi *you* **there**",
                "<p>Hi <em>you</em> <strong>there</strong></p>\n",
            ),
            ("# Title", "<p><strong>Title</strong></p>\n"),
            ("- a\n- b", "<ul><li>a</li>\n<li>b</li>\n</ul>\n"),
            ("1. a", "<ol><li>a</li>\n</ol>\n"),
            ("`<b>`", "<p><code>&lt;b&gt;</code></p>\n"),
            (
                "|a|b|\n|-|-|\n|1|2|",
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>\n",
            ),
            (
                "[go](https://x.example/?a=1&b='2)",
                "<p><a href=\"https://x.example/?a=1&amp;b=&#39;2\" rel=\"noopener noreferrer nofollow\">go</a></p>\n",
            ),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn hostile_markdown_comes_out_as_text() {
        for (markdown, html) in [
            ("<script>alert(1)</script>", "alert(1)"),
            ("a <img src=x onerror=alert(1)> b", "<p>a  b</p>\n"),
            ("[x](javascript:alert(1))", "<p>x</p>\n"),
            ("[x](data:text/html,x)", "<p>x</p>\n"),
            ("![alt](https://tracker.example/x.png)", "<p>alt</p>\n"),
            ("<a href='javascript:x'>y</a>", "<p>y</p>\n"),
            ("a < b > c & d", "<p>a &lt; b &gt; c &amp; d</p>\n"),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
        let deep = to_html(&">".repeat(100_000));
        assert!(deep.len() < 1_000_000, "{}", deep.len());
    }
}

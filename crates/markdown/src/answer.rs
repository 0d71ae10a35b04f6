//! Answers of models on pages. What the pages' script makes of Markdown as it streams is the same for the cases of `cases.txt`, which
//! tests of both read.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::{escape, leads_out, without_tags};

/// Which pictures of an answer are loaded; others are links.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// What addresses of our own begin with.
    pub own: Vec<String>,
    /// Whether they may be anywhere.
    pub any: bool,
}

impl Pictures {
    fn are_loaded_from(&self, url: &str) -> bool {
        self.own.iter().any(|start| url.starts_with(start.as_str()))
            || (self.any && url.starts_with("https://"))
    }
}

/// HTML of this list of elements: `a`, `blockquote`, `br`, `code`, `del`, `div`, `em`, `h3` to `h6`, `hr`, `img`, `li`, `ol`, `p`, `pre`,
/// `strong`, `table`, `tbody`, `td`, `th`, `thead`, `tr`, `ul`; formulas are code.
pub fn answer_to_html(markdown: &str, pictures: &Pictures) -> String {
    let mut writer = Writer {
        out: String::new(),
        pictures,
        links: vec![],
        sides: vec![],
        cell: 0,
        in_head: false,
        picture: None,
        code: None,
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    for event in Parser::new_ext(markdown, options) {
        writer.take(event);
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    pictures: &'a Pictures,
    /// Of the links that are open, whether each is shown as one.
    links: Vec<bool>,
    /// The columns of the table.
    sides: Vec<Alignment>,
    cell: usize,
    in_head: bool,
    /// The address of the picture whose text is read, and the text.
    picture: Option<(String, String)>,
    /// The code that is read.
    code: Option<String>,
}

impl Writer<'_> {
    fn take(&mut self, event: Event<'_>) {
        if let Some((_, alt)) = &mut self.picture {
            match event {
                Event::End(TagEnd::Image) => self.end_picture(),
                Event::Text(text) | Event::Code(text) => alt.push_str(&text),
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => escape(&text, &mut self.out),
            },
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.out.push_str("<code class=\"tex\">");
                escape(text.trim(), &mut self.out);
                self.out.push_str("</code>");
            }
            Event::Code(text) => {
                self.out.push_str("<code>");
                escape(&text, &mut self.out);
                self.out.push_str("</code>");
            }
            Event::Html(html) | Event::InlineHtml(html) if is_break(&html) => {
                self.out.push_str("<br>");
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                escape(&without_tags(&html), &mut self.out);
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, .. } => self.open_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.picture = Some((dest_url.into_string(), String::new()));
            }
            Tag::Table(sides) => {
                self.sides = sides;
                self.out
                    .push_str("<div class=\"scroll\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                (self.in_head, self.cell) = (true, 0);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.cell = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => self.open_cell(),
            Tag::CodeBlock(kind) => self.open_code(&kind),
            Tag::List(_) => self.open_list(&tag),
            Tag::Heading { level, .. } => self.push_tag("<", heading(level)),
            other => {
                if let Some(name) = plain(other.to_end()) {
                    self.push_tag("<", name);
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => {
                if self.links.pop() == Some(true) {
                    self.out.push_str("</a>");
                }
            }
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead><tbody>");
            }
            TagEnd::Table => self.out.push_str("</tbody></table></div>"),
            TagEnd::TableCell => self
                .out
                .push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                escape(code.strip_suffix('\n').unwrap_or(&code), &mut self.out);
                self.out.push_str("</code></pre>");
            }
            TagEnd::List(is_ordered) => {
                self.out
                    .push_str(if is_ordered { "</ol>" } else { "</ul>" });
            }
            TagEnd::Heading(level) => self.push_tag("</", heading(level)),
            other => {
                if let Some(name) = plain(other) {
                    self.push_tag("</", name);
                }
            }
        }
    }

    fn push_tag(&mut self, open: &str, name: &str) {
        self.out.push_str(open);
        self.out.push_str(name);
        self.out.push('>');
    }

    fn open_link(&mut self, url: &str) {
        let is_shown = leads_out(url);
        self.links.push(is_shown);
        if is_shown {
            self.out.push_str("<a href=\"");
            escape(url, &mut self.out);
            self.out
                .push_str("\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">");
        }
    }

    fn open_cell(&mut self) {
        let side = match self.sides.get(self.cell) {
            Some(Alignment::Center) => " class=\"center\"",
            Some(Alignment::Right) => " class=\"right\"",
            _ => "",
        };
        self.cell += 1;
        self.out.push_str(if self.in_head { "<th" } else { "<td" });
        self.out.push_str(side);
        self.out.push('>');
    }

    fn open_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.code = Some(String::new());
        self.out.push_str("<pre tabindex=\"0\"");
        if let CodeBlockKind::Fenced(info) = kind
            && let Some(language) = info.split_whitespace().next()
        {
            self.out.push_str(" data-language=\"");
            escape(language, &mut self.out);
            self.out.push('"');
        }
        self.out.push_str("><code>");
    }

    fn open_list(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(Some(1)) => self.out.push_str("<ol>"),
            Tag::List(Some(start)) => {
                self.out.push_str("<ol start=\"");
                self.out.push_str(&start.to_string());
                self.out.push_str("\">");
            }
            _ => self.out.push_str("<ul>"),
        }
    }

    /// A picture that is loaded, or else a link to it.
    fn end_picture(&mut self) {
        let Some((url, alt)) = self.picture.take() else {
            return;
        };
        if self.pictures.are_loaded_from(&url) {
            self.out.push_str("<img src=\"");
            escape(&url, &mut self.out);
            self.out.push_str("\" alt=\"");
            escape(&alt, &mut self.out);
            self.out.push_str("\" loading=\"lazy\">");
            return;
        }
        self.open_link(&url);
        escape(if alt.is_empty() { &url } else { &alt }, &mut self.out);
        self.end(TagEnd::Link);
    }
}

/// The page and its parts have the first two levels.
fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 => "h3",
        HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => "h6",
    }
}

/// Elements that have no attributes.
fn plain(tag: TagEnd) -> Option<&'static str> {
    match tag {
        TagEnd::Paragraph => Some("p"),
        TagEnd::BlockQuote(_) => Some("blockquote"),
        TagEnd::Item => Some("li"),
        TagEnd::TableRow => Some("tr"),
        TagEnd::Emphasis => Some("em"),
        TagEnd::Strong => Some("strong"),
        TagEnd::Strikethrough => Some("del"),
        _ => None,
    }
}

fn is_break(html: &str) -> bool {
    let name = html.trim().trim_start_matches('<').trim_end_matches('>');
    name.trim_end_matches('/').trim().eq_ignore_ascii_case("br")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<(String, String)> {
        let text = include_str!("../cases.txt");
        let cases = text
            .split("\n====\n")
            .filter(|case| !case.trim().is_empty());
        cases
            .map(|case| {
                let (markdown, html) = case.split_once("\n----\n").expect("Markdown and HTML");
                (markdown.to_owned(), html.trim_end().to_owned())
            })
            .collect()
    }

    #[test]
    fn answer_of_each_case_is_its_html() {
        let pictures = Pictures {
            own: vec!["/files/".into()],
            any: false,
        };
        for (markdown, html) in cases() {
            assert_eq!(answer_to_html(&markdown, &pictures), html, "{markdown}");
        }
    }

    #[test]
    fn picture_is_loaded_from_where_the_owner_allowed() {
        let picture = "![a](https://x.example/a.png)";
        let nowhere = answer_to_html(picture, &Pictures::default());
        assert!(!nowhere.contains("<img") && nowhere.contains(">a</a>"));
        let anywhere = Pictures {
            own: vec![],
            any: true,
        };
        assert!(
            answer_to_html(picture, &anywhere).contains("<img src=\"https://x.example/a.png\"")
        );
        let data = answer_to_html("![a](data:image/svg+xml,x)", &anywhere);
        assert!(!data.contains("<img") && !data.contains("data:"), "{data}");
    }
}

//! A browser without JavaScript: forms and links, nothing else.

use std::collections::BTreeMap;

use super::{Answer, Harness, PASSWORD, PUBLIC_URL, files::part};

/// A browser that knows forms, links and cookies.
pub struct Plain<'a> {
    h: &'a Harness,
    /// Of the server, by name.
    pub cookies: BTreeMap<String, String>,
    /// What it asks for.
    pub language: &'static str,
}

/// A file that somebody chose in a form.
pub struct Chosen<'a> {
    /// The name of the control.
    pub field: &'a str,
    /// The name of the file.
    pub name: &'a str,
    /// What is in it.
    pub content: &'a [u8],
}

/// The file of that name for that control.
pub fn chosen<'a>(field: &'a str, name: &'a str, content: &'a [u8]) -> Chosen<'a> {
    Chosen {
        field,
        name,
        content,
    }
}

impl<'a> Plain<'a> {
    /// Without cookies, in English.
    pub fn new(h: &'a Harness) -> Self {
        Self {
            h,
            cookies: BTreeMap::new(),
            language: "en",
        }
    }

    /// The request for a page, with the cookies of this browser: for what is read piece by piece.
    pub fn request(&self, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies.map(|(n, v)| format!("{n}={v}")).collect();
        let request = self.h.request("GET", path);
        request.header("cookie", cookies.join("; "))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let request = request
            .header("cookie", cookies.join("; "))
            .header("accept-language", self.language);
        let answer = Answer::read(request.send().await.unwrap()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.h.request("GET", path).header("sec-fetch-site", "none");
        self.send(request).await
    }

    /// Fills in the form of a page and sends it, with what the page put into it.
    pub async fn submit(&mut self, page: &Answer, filled: &[(&str, &str)]) -> Answer {
        let action = between(&page.body, "action=\"", "\"").expect("the page has a form");
        let fields = fields(page, filled);
        self.send(self.posting(action).form(&fields)).await
    }

    /// The same of a form that takes files, with those that were chosen.
    pub async fn submit_files(
        &mut self,
        page: &Answer,
        filled: &[(&str, &str)],
        chosen: &[Chosen<'_>],
    ) -> Answer {
        let form = page.body.split("enctype=\"multipart/form-data\"");
        assert_eq!(form.count(), 2, "the form takes files");
        let action = between(&page.body, "action=\"", "\"").expect("the page has a form");
        let texts = fields(page, filled);
        let texts = texts
            .iter()
            .map(|(name, value)| part(name, None, value.as_bytes()));
        let mut parts: Vec<Vec<u8>> = texts.collect();
        for input in page.body.split("<input ").filter(|one| is_file(one)) {
            let field = between(input, "name=\"", "\"").unwrap();
            let of_field = chosen.iter().filter(|one| one.field == field);
            let files = of_field.map(|one| part(field, Some(one.name), one.content));
            let before = parts.len();
            parts.extend(files);
            if parts.len() == before {
                // So browsers say that none was chosen.
                parts.push(part(field, Some(""), b""));
            }
        }
        self.post_parts(action, &parts).await
    }

    /// Sends parts that no page has put there.
    pub async fn post_parts(&mut self, path: &str, parts: &[Vec<u8>]) -> Answer {
        let request = self
            .posting(path)
            .header("content-type", "multipart/form-data; boundary=edge")
            .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
        self.send(request).await
    }

    fn posting(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.h.request("POST", path);
        request
            .header("sec-fetch-site", "same-origin")
            .header("origin", PUBLIC_URL)
    }

    /// Sends fields that no page has put there.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.posting(path).form(fields)).await
    }

    /// Presses the only button of the `n`th form that goes there.
    pub async fn press(&mut self, page: &Answer, action: &str, n: usize) -> Answer {
        let start = format!("<form method=\"post\" action=\"{action}\">");
        self.submit(&cut(page, &start, n), &[]).await
    }

    /// Fills in the `n`th form of that kind, and sends it.
    pub async fn fill_in(
        &mut self,
        page: &Answer,
        (kind, n): (&str, usize),
        filled: &[(&str, &str)],
    ) -> Answer {
        let of_kind = format!("name=\"kind\" value=\"{kind}\"");
        let forms = page.body.split("<form ").skip(1);
        let form = forms.filter(|form| form.contains(&of_kind)).nth(n);
        let form = form.expect("there is such a form").split("</form>").next();
        let alone = Answer {
            status: page.status,
            headers: page.headers.clone(),
            body: form.unwrap().to_owned(),
        };
        self.submit(&alone, filled).await
    }

    /// Where a redirect leads.
    pub async fn follow(&mut self, answer: Answer) -> Answer {
        let to = answer.header("location").to_owned();
        assert!(to.starts_with('/'), "{answer:?}");
        self.get(&to).await
    }
}

/// What the form of a page sends, but for files.
fn fields(page: &Answer, filled: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = vec![];
    let inputs = page.body.split("<input ").skip(1);
    for input in inputs.filter(|one| !is_file(one)) {
        let name = between(input, "name=\"", "\"").unwrap();
        let value = between(input, "value=\"", "\"").unwrap_or_default();
        let typed = filled.iter().find(|(known, _)| *known == name);
        if input.starts_with("type=\"checkbox\"") && typed.is_none() {
            continue;
        }
        let value = typed.map_or_else(|| unescaped(value), |(_, typed)| (*typed).to_owned());
        fields.push((name.to_owned(), value));
    }
    for select in page.body.split("<select ").skip(1) {
        let name = between(select, "name=\"", "\"").unwrap();
        let select = select.split("</select>").next().unwrap();
        let first = between(select, "<option value=\"", "\"").unwrap_or_default();
        let chosen = between(select, " selected", "</option>").and_then(|_| {
            let before = select.split(" selected").next().unwrap();
            between(before.rsplit("<option").next().unwrap(), "value=\"", "\"")
        });
        let typed = filled.iter().find(|(known, _)| *known == name);
        let value = typed.map_or(chosen.unwrap_or(first), |(_, typed)| typed);
        fields.push((name.to_owned(), value.to_owned()));
    }
    for area in page.body.split("<textarea ").skip(1) {
        let name = between(area, "name=\"", "\"").unwrap();
        let value = between(area, ">\n", "</textarea>").unwrap_or_default();
        let typed = filled.iter().find(|(known, _)| *known == name);
        let value = typed.map_or_else(|| unescaped(value), |(_, typed)| (*typed).to_owned());
        // As browsers end lines.
        fields.push((name.to_owned(), value.replace('\n', "\r\n")));
    }
    // The button that is pressed, where it matters.
    let is_button = |name: &str, value: &str| {
        page.body
            .contains(&format!("name=\"{name}\" value=\"{value}\""))
    };
    let pressed = filled.iter().filter(|(name, value)| {
        is_button(name, value) && !fields.iter().any(|(known, _)| known == name)
    });
    let pressed: Vec<_> = pressed
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    fields.extend(pressed);
    fields
}

/// What a page says, as a browser reads it.
fn unescaped(value: &str) -> String {
    let signs = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    let text = value.to_owned();
    signs
        .iter()
        .fold(text, |text, (escaped, sign)| text.replace(escaped, sign))
}

/// Whether what begins here is a control for files.
fn is_file(input: &str) -> bool {
    input.split('>').next().unwrap().contains("type=\"file\"")
}

fn cut(page: &Answer, start: &str, n: usize) -> Answer {
    let form = page.body.split(start).nth(n + 1).expect("there is one");
    let form = form.split("</form>").next().unwrap();
    Answer {
        status: page.status,
        headers: page.headers.clone(),
        body: format!("{start}{form}"),
    }
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let rest = &text[start..];
    Some(&rest[..rest.find(to)?])
}

/// A browser with cookies of somebody who signed in by the page.
pub async fn signed_in<'a>(h: &'a Harness, email: &str) -> Plain<'a> {
    let mut browser = Plain::new(h);
    let page = browser.get("/signin").await.expect(200);
    let typed = [("email", email), ("password", PASSWORD)];
    browser.submit(&page, &typed).await.expect(303);
    browser
}

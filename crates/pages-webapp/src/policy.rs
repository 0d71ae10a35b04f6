//! What a page may load, and who may show it in a frame (CSP).

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, X_FRAME_OPTIONS},
    },
};
use askama::Template;
use gatewright_auth::origin::PublicUrls;
use gatewright_http_kit::settings::HttpSettings;
use gatewright_pages_kit::page::show_under;
use gatewright_usecase_apps::Look;

/// The rules of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Sources that may show it in a frame; empty: none but ourselves.
    pub(crate) frames: Vec<String>,
    /// Where files are fetched from, when it is not here.
    pub(crate) files: Option<String>,
    /// Whether answers may load pictures from anywhere.
    pub(crate) remote_pictures: bool,
}

impl Rules {
    /// Of the installation.
    pub(crate) fn of(http: &HttpSettings, urls: &PublicUrls) -> Self {
        Self {
            frames: sources(&http.embed_origins),
            files: urls.files().ok().map(origin).filter(|one| is_source(one)),
            remote_pictures: false,
        }
    }

    /// As the owner of an app has them: frames within what the installation allows, and pictures as they please.
    pub(crate) fn narrowed(self, look: &Look) -> Self {
        let frames = match &look.embed_origins {
            None => self.frames,
            Some(list) => {
                let wanted: Vec<String> = list.split(',').map(str::to_owned).collect();
                narrowed(self.frames, sources(&wanted))
            }
        };
        Self {
            frames,
            remote_pictures: look.remote_pictures == Some(true),
            ..self
        }
    }

    fn policy(&self) -> String {
        let files = self.files.iter().map(|one| format!(" {one}"));
        let files = files.collect::<String>();
        let remote = if self.remote_pictures { " https:" } else { "" };
        let frames = self.frames.iter().map(|one| format!(" {one}"));
        let frames = frames.collect::<String>();
        format!(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'{files}{remote}; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'self'{frames}"
        )
    }

    /// A page under these rules.
    pub(crate) fn show(&self, status: StatusCode, page: &impl Template) -> HttpResponse {
        let mut answer = show_under(&self.policy(), status, page);
        // Browsers that know `frame-ancestors` pass this over; others show no frame elsewhere.
        let same = HeaderValue::from_static("SAMEORIGIN");
        answer.headers_mut().insert(X_FRAME_OPTIONS, same);
        answer
    }
}

/// The sources of a list that a policy can name; anything else is left out, for it could end the directive.
pub(crate) fn sources(list: &[String]) -> Vec<String> {
    let trimmed = list.iter().map(|one| one.trim().trim_end_matches('/'));
    trimmed
        .filter(|one| is_source(one))
        .map(str::to_owned)
        .collect()
}

/// What is in both lists; `*` has everything in it.
fn narrowed(allowed: Vec<String>, wanted: Vec<String>) -> Vec<String> {
    let is_any = |list: &[String]| list.iter().any(|one| one == "*");
    match (is_any(&allowed), is_any(&wanted)) {
        (true, _) => wanted,
        (false, true) => allowed,
        (false, false) => wanted
            .into_iter()
            .filter(|one| allowed.contains(one))
            .collect(),
    }
}

fn is_source(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_host = |host: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-.:*[]".contains(c);
        !host.is_empty() && host.chars().all(known)
    };
    text == "*" || rest.is_some_and(is_host)
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    url[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_that_could_end_the_directive_is_left_out() {
        let all = [
            "*",
            "https://a.example/",
            "http://127.0.0.1:80",
            "https://*.a.example",
            "https://a.example; script-src *",
            "https://a.example/path",
            "javascript:x",
            "'unsafe-inline'",
            "",
        ]
        .map(str::to_owned);
        let kept = [
            "*",
            "https://a.example",
            "http://127.0.0.1:80",
            "https://*.a.example",
        ];
        assert_eq!(sources(&all), kept);
        assert_eq!(origin("https://a.example:8/x/y"), "https://a.example:8");
    }

    #[test]
    fn owner_narrows_what_the_installation_allows_and_adds_nothing() {
        let list =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        for (allowed, wanted, both) in [
            ("*", "https://a.example", "https://a.example"),
            (
                "https://a.example https://b.example",
                "*",
                "https://a.example https://b.example",
            ),
            (
                "https://a.example",
                "https://b.example https://a.example",
                "https://a.example",
            ),
            ("*", "", ""),
            ("", "*", ""),
        ] {
            assert_eq!(
                narrowed(list(allowed), list(wanted)),
                list(both),
                "{allowed} {wanted}"
            );
        }
    }

    #[test]
    fn policy_names_frames_and_where_pictures_come_from() {
        let mut rules = Rules {
            frames: vec![],
            files: None,
            remote_pictures: false,
        };
        let closed = rules.policy();
        assert!(closed.ends_with("frame-ancestors 'self'"), "{closed}");
        assert!(closed.contains("img-src 'self';"), "{closed}");
        rules.frames = vec!["https://a.example".into()];
        rules.files = Some("https://files.example".into());
        rules.remote_pictures = true;
        let open = rules.policy();
        assert!(open.ends_with("frame-ancestors 'self' https://a.example"));
        assert!(open.contains("img-src 'self' https://files.example https:;"));
        assert!(!open.contains("unsafe"));
    }
}

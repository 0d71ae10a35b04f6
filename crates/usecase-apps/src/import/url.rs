//! Files from an address.

use gatewright_dsl::{ImportError, yaml};

use crate::Apps;

/// Where GitHub shows files to people, and where it gives them away.
const GITHUB: (&str, &str) = ("https://github.com/", "https://raw.githubusercontent.com/");

impl Apps {
    /// The text behind an address; else why not.
    pub(super) async fn fetch(&self, url: &str) -> Result<String, String> {
        if url.is_empty() {
            return Err(ImportError::UrlRequired.to_string());
        }
        let failed = |why: &str| format!("Error fetching YAML from URL: {why}");
        let Some(remote) = &self.remote_file else {
            return Err(failed("this server fetches no files"));
        };
        let text = remote.fetch(&raw(url), yaml::MAX_BYTES).await;
        let text = text.map_err(|why| failed(&why))?;
        if text.is_empty() {
            return Err("Empty content from url".to_owned());
        }
        Ok(text)
    }
}

/// The file itself, where an address is of the page that GitHub shows it on.
fn raw(url: &str) -> String {
    match url
        .strip_prefix(GITHUB.0)
        .and_then(|path| path.split_once("/blob/"))
    {
        Some((repository, rest)) => format!("{}{repository}/{rest}", GITHUB.1),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::raw;

    #[test]
    fn page_of_a_file_on_github_leads_to_the_file() {
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a/b.yml"),
            "https://raw.githubusercontent.com/o/r/main/a/b.yml"
        );
        for other in ["https://github.com/o/r", "https://e.org/blob/x.yml"] {
            assert_eq!(raw(other), other);
        }
    }
}

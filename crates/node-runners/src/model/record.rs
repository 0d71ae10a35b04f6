//! What was said, as the records of a run show it: `[{role, text, files}]`, media shortened.

use gatewright_engine::call::ModelMode;
use gatewright_model::{Media, Message};
use serde_json::{Value, json};

/// So many letters of a medium's URL are shown at either end.
const SHOWN: usize = 10;

pub(super) fn prompts(messages: &[Message], mode: ModelMode) -> Value {
    let all = messages.iter().map(|message| match mode {
        ModelMode::Chat => {
            let files: Vec<_> = message.media().map(file).collect();
            json!({"role": message.role.as_str(), "text": message.text(), "files": files})
        }
        ModelMode::Completion => json!({"role": message.role.as_str(), "text": message.text()}),
    });
    all.collect()
}

fn file(media: &Media) -> Value {
    json!({"type": media.kind.as_str(), "data": shortened(&media.url()), "detail": media.detail.as_str()})
}

fn shortened(url: &str) -> String {
    let characters: Vec<char> = url.chars().collect();
    if characters.len() <= 2 * SHOWN {
        return url.to_owned();
    }
    let head: String = characters[..SHOWN].iter().collect();
    let tail: String = characters[characters.len() - SHOWN..].iter().collect();
    format!("{head}...[TRUNCATED]...{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_shortened_as_recorded() {
        let url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQ5ErkJggg==";
        assert_eq!(shortened(url), "data:image...[TRUNCATED]...5ErkJggg==");
        assert_eq!(shortened("http://a/b.png"), "http://a/b.png");
    }
}

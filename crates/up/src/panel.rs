//! The one panel that says where everything is and what to do next.

use gatewright_runtime::{
    running::{DevFolder, State},
    terminal,
};

/// How the system was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Situation {
    /// It came up just now.
    Fresh,
    /// It ran before, from this build.
    Running,
    /// It ran before, from another build.
    RunningAnotherBuild,
}

pub(super) fn print(folder: &DevFolder, state: &State, situation: Situation) {
    terminal::line(&text(folder, state, situation));
}

fn text(folder: &DevFolder, state: &State, situation: Situation) -> String {
    let title = match situation {
        Situation::Fresh => "Gatewright is ready.",
        _ => "Gatewright runs already.",
    };
    let mut rows: Vec<(&str, String)> = vec![];
    if !state.api_url.is_empty() {
        let api = &state.api_url;
        // With a web console elsewhere the pages are there, and here they are 404.
        let pages = if state.console_url.is_empty() {
            api
        } else {
            &state.console_url
        };
        rows.push(("API", api.clone()));
        // Of one that ran before, somebody may have been made meanwhile.
        if state.has_no_account && situation == Situation::Fresh {
            rows.push((
                "next",
                format!("first account: {pages}/install (README.md, \"The first login\")"),
            ));
        }
        rows.push((
            "sign in",
            format!("{pages}/signin, or: difyctl auth login --host {api} --insecure"),
        ));
    }
    rows.push(("engines", state.engines.join("; ")));
    if !state.data.is_empty() {
        rows.push(("data", state.data.clone()));
    }
    rows.push(("settings", folder.root.join(".env").display().to_string()));
    rows.push((
        "mail",
        "messages are files in .dev/mail (MAIL_TYPE in .env)".to_owned(),
    ));
    rows.push(("addresses", folder.addresses_file().display().to_string()));
    rows.push(("logs", folder.log().display().to_string()));
    rows.push(("stop", "./dev/down, or: api-server down".to_owned()));
    if situation == Situation::RunningAnotherBuild {
        rows.push(("new build", "to run it: ./dev/down && ./dev/up".to_owned()));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("  {name:<10} {value}"))
        .collect();
    format!("\n{title}\n{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g8_up_panel_mentions_first_account_and_new_build_only_when_true() {
        let folder = DevFolder {
            root: "/x".into(),
            dev: "/x/.dev".into(),
        };
        let state = State {
            api_url: "http://127.0.0.1:5001".into(),
            ..State::default()
        };
        for (has_no_account, situation, expected) in [
            (true, Situation::Fresh, (true, false)),
            (false, Situation::Fresh, (false, false)),
            (true, Situation::Running, (false, false)),
            (true, Situation::RunningAnotherBuild, (false, true)),
        ] {
            let state = State {
                has_no_account,
                ..state.clone()
            };
            let text = text(&folder, &state, situation);
            let said = (text.contains("first account"), text.contains("new build"));
            assert_eq!(said, expected, "{has_no_account} {situation:?}");
        }
    }

    #[test]
    fn d11_up_panel_shows_the_pages_where_they_are_served() {
        let folder = DevFolder {
            root: "/x".into(),
            dev: "/x/.dev".into(),
        };
        let mut state = State {
            api_url: "http://127.0.0.1:5001".into(),
            has_no_account: true,
            ..State::default()
        };
        let own = text(&folder, &state, Situation::Fresh);
        assert!(own.contains("http://127.0.0.1:5001/install"), "{own}");
        state.console_url = "http://console.test".into();
        let elsewhere = text(&folder, &state, Situation::Fresh);
        assert!(
            elsewhere.contains("http://console.test/install"),
            "{elsewhere}"
        );
        assert!(
            elsewhere.contains("http://console.test/signin"),
            "{elsewhere}"
        );
        assert!(!elsewhere.contains("5001/install"), "{elsewhere}");
    }
}

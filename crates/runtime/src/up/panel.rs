//! The one panel that says where everything is and what to do next.

use std::io::Write as _;

use super::{DevFolder, state::State};

pub(super) fn print(folder: &DevFolder, state: &State, ran_already: bool) {
    tell(&text(folder, state, ran_already));
}

/// A line for whoever listens. Nobody may (`up | head`), and that must not end a supervisor.
pub(super) fn tell(line: &str) {
    let _nobody_listens = writeln!(std::io::stdout(), "{line}");
}

fn text(folder: &DevFolder, state: &State, ran_already: bool) -> String {
    let title = if ran_already {
        "Gatewright runs already."
    } else {
        "Gatewright is ready."
    };
    let mut rows: Vec<(&str, String)> = vec![];
    if !state.api_url.is_empty() {
        let api = &state.api_url;
        rows.push(("API", api.clone()));
        rows.push(("next", format!("first account: {api}/install (README.md, \"The first login\"); then: difyctl auth login --host {api} --insecure")));
    }
    rows.push(("engines", state.engines.join("; ")));
    if !state.data.is_empty() {
        rows.push(("data", state.data.clone()));
    }
    rows.push(("settings", folder.root.join(".env").display().to_string()));
    rows.push((
        "mail",
        "letters are files in .dev/mail (MAIL_TYPE in .env)".to_owned(),
    ));
    rows.push(("addresses", folder.addresses_file().display().to_string()));
    rows.push(("logs", folder.log().display().to_string()));
    rows.push(("stop", "./dev/down, or: api-server down".to_owned()));
    if ran_already {
        rows.push(("new build", "to run it: ./dev/down && ./dev/up".to_owned()));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("  {name:<10} {value}"))
        .collect();
    format!("\n{title}\n{}\n", lines.join("\n"))
}

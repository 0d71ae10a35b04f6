//! The real `difyctl` of every generation that is given: a device login that somebody approves, who it is then, and its log-out.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use gatewright_test_db::TestDb;

use super::programs;
use crate::support::process::{Server, wait_until};

/// A call with a configuration folder of its own and nothing else of this machine.
fn difyctl(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap());
    command
        .env("HOME", folder)
        .env("DIFY_CONFIG_DIR", folder)
        .env("XDG_CACHE_HOME", folder.join("cache"));
    command
        .env("DIFY_E2E_NO_KEYRING", "1")
        .env("CI", "1")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// The user code in what the command line prints.
fn user_code(printed: &str) -> Option<String> {
    let words = printed.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_code = |word: &&str| {
        word.len() == 9
            && word.as_bytes()[4] == b'-'
            && word.chars().filter(char::is_ascii_alphanumeric).count() == 8
    };
    words.into_iter().find(is_code).map(str::to_owned)
}

#[tokio::test]
async fn difyctl_of_each_generation_logs_in_shows_its_account_and_logs_out() {
    for program in programs("GATEWRIGHT_DIFYCTL") {
        let db = TestDb::create().await;
        let server = Server::on(&db).await;
        let session = server.sign_in().await;
        let folder = tempfile::tempdir().unwrap();
        let printed = folder.path().join("printed");
        let file = std::fs::File::create(&printed).unwrap();
        let login = [
            "auth",
            "login",
            "--host",
            &server.url,
            "--insecure",
            "--no-browser",
        ];
        let mut login = difyctl(&program, folder.path(), &login);
        let mut login = login
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut code = None;
        wait_until("a user code is printed", async || {
            code = user_code(&std::fs::read_to_string(&printed).unwrap());
            code.is_some()
        })
        .await;
        server.approve(&session, &code.unwrap()).await;
        let ended = tokio::task::spawn_blocking(move || login.wait().unwrap())
            .await
            .unwrap();
        assert!(
            ended.success(),
            "{}: {}",
            program.display(),
            std::fs::read_to_string(&printed).unwrap()
        );

        let call = |arguments: &[&str]| {
            difyctl(&program, folder.path(), arguments)
                .output()
                .unwrap()
        };
        let who = call(&["auth", "whoami"]);
        let shown = String::from_utf8_lossy(&who.stdout).into_owned();
        assert!(
            who.status.success() && shown.contains("owner@example.com"),
            "{}: {who:?}",
            program.display()
        );
        assert!(call(&["auth", "logout"]).status.success());
        assert!(
            !String::from_utf8_lossy(&call(&["auth", "whoami"]).stdout)
                .contains("owner@example.com")
        );
    }
}

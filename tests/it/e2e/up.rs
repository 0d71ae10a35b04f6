//! `api-server up` and `down`: a whole system from nothing, in a folder that only its owner can enter.

use std::{process::Command, time::Instant};

use serde_json::{Value, json};

use super::process::{binary, free_port, wait_until};

fn up(folder: &std::path::Path, port: &str, arguments: &[&str]) -> std::process::Output {
    Command::new(binary("api-server"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env("DIFY_PORT", port)
        .env("LOG_LEVEL", "info")
        .output()
        .unwrap()
}

#[tokio::test]
async fn up_starts_a_whole_system_and_down_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let first = up(folder.path(), &port, &["up", "--detach", "--yes"]);
    let text = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(
        first.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&first.stderr)
    );
    assert!(
        text.contains("Gatewright is ready.")
            && text.contains("./dev/down")
            && text.contains("first account"),
        "{text}"
    );

    let env = std::fs::read_to_string(folder.path().join(".env")).unwrap();
    let key = env
        .lines()
        .find_map(|line| line.strip_prefix("SECRET_KEY="))
        .unwrap();
    assert!(key.len() >= 40, "a fresh key");
    let sourced = Command::new("sh")
        .args(["-c", ". ./.env && . ./.dev/addresses.env && printf '%s|%s|%s' \"$API_URL\" \"$DB_URL\" \"$REDIS_URL\""])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let addresses = String::from_utf8(sourced.stdout).unwrap();
    let parts: Vec<&str> = addresses.split('|').collect();
    assert_eq!(parts[0], format!("http://127.0.0.1:{port}"));
    assert!(
        parts[1].starts_with("postgres://") && parts[2].starts_with("redis+unix://"),
        "{addresses}"
    );

    let http = crate::support::client().build().unwrap();
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let setup = json!({"email": "owner@example.com", "name": "Owner", "password": "Passw0rd1"});
    assert_eq!(
        http.post(url("/console/api/setup"))
            .json(&setup)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let code: Value = http
        .post(url("/openapi/v1/oauth/device/code"))
        .json(&json!({"client_id": "difyctl", "device_label": "x"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        code["verification_uri"],
        url("/device"),
        "the address follows the port"
    );

    let started = Instant::now();
    let second = up(folder.path(), &port, &["up", "--detach"]);
    assert!(
        second.status.success() && String::from_utf8_lossy(&second.stdout).contains("runs already")
    );
    assert!(started.elapsed().as_secs() < 2, "a second run is quick");
    let said = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(
        !said.contains("first account") && !said.contains("new build"),
        "neither is true: {said}"
    );

    // The folder's own settings are those of the system that runs in it, by name too.
    for own in [vec!["admin"], vec!["--env-file", ".env", "admin"]] {
        let arguments = [own, vec!["sessions", "owner@example.com"]].concat();
        let listed = up(folder.path(), &port, &arguments);
        assert!(listed.status.success(), "{listed:?}");
    }

    let down = up(folder.path(), &port, &["down"]);
    assert!(
        String::from_utf8_lossy(&down.stdout).contains("stopped"),
        "{down:?}"
    );
    assert!(
        http.get(url("/livez")).send().await.is_err(),
        "nothing answers any more"
    );
    assert!(!folder.path().join(".dev/addresses.env").exists());
    let again = up(folder.path(), &port, &["down"]);
    assert!(
        again.status.success()
            && String::from_utf8_lossy(&again.stdout).contains("nothing runs here")
    );

    let third = up(folder.path(), &port, &["up", "--detach"]);
    assert!(third.status.success());
    assert!(!String::from_utf8_lossy(&third.stdout).contains("first account"));
    let setup: Value = http
        .get(url("/console/api/setup"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(setup["step"], "finished", "data is kept between runs");
    assert_eq!(
        std::fs::read_to_string(folder.path().join(".env")).unwrap(),
        env,
        "and so is the key"
    );

    // A supervisor that is killed leaves everything behind; the next one clears it away.
    let state: Value = serde_json::from_str(
        &std::fs::read_to_string(folder.path().join(".dev/state.json")).unwrap(),
    )
    .unwrap();
    super::process::signal(
        u32::try_from(state["pid"].as_u64().unwrap()).unwrap(),
        "KILL",
    );
    wait_until("the lock is free", async || {
        std::fs::File::open(folder.path().join(".dev/up.lock"))
            .unwrap()
            .try_lock()
            .is_ok()
    })
    .await;
    let busy = up(folder.path(), &port, &["up", "--detach"]);
    let said =
        String::from_utf8_lossy(&busy.stderr).into_owned() + &String::from_utf8_lossy(&busy.stdout);
    assert!(busy.status.success(), "{said}");
    assert!(up(folder.path(), &port, &["down"]).status.success());
    clean_up(&state);
}

#[tokio::test]
async fn up_with_a_taken_port_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = up(folder.path(), &port, &["up", "--detach"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        said.contains(&format!("port {port} is in use")) && said.contains("DIFY_PORT="),
        "{said}"
    );
}

/// Root's engines keep their data outside the project; a test takes it away again.
fn clean_up(state: &Value) {
    let data = state["data"].as_str().unwrap();
    if data.starts_with("/var/lib/gatewright/") {
        std::fs::remove_dir_all(data).unwrap();
    }
}

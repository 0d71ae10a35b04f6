//! The stock web console, built by somebody else, before our binaries: nginx as the documentation has it gives both one origin, and a
//! browser signs in, imports an app, and reads what its runs left.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use super::folders;
use crate::{
    e2e::remote::Chromium,
    support::{
        apps::{answering_when_told, calling},
        process::{Server, free_port, wait_until},
    },
};

/// The configuration that the documentation gives nginx.
const TEMPLATE: &str = include_str!("../../../docker/nginx/default.conf.template");

/// Which routes there are, and which come later.
const ROUTES: &str = include_str!("../../../docs/contract/routes.csv");

/// A program that ends with the test.
struct Running(Child);

impl Running {
    fn start(mut command: Command, folder: &Path) -> Self {
        let log = fs::File::create(folder.join("log")).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self(
            command
                .spawn()
                .unwrap_or_else(|error| panic!("{command:?}: {error}")),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The console's own server, with what its image makes of the settings that the documentation gives it.
fn console(folder: &Path, port: u16, origin: &str, api: &str, logs: &Path) -> Running {
    let mut node = Command::new("node");
    node.arg("server.js").current_dir(folder).env_clear();
    node.env("PATH", std::env::var("PATH").unwrap());
    let port = port.to_string();
    let [console_api, web_api] = ["console/api", "api"].map(|path| format!("{origin}/{path}"));
    for (name, value) in [
        ("PORT", port.as_str()),
        ("HOSTNAME", "127.0.0.1"),
        ("NODE_ENV", "production"),
        ("TZ", "UTC"),
        ("NEXT_TELEMETRY_DISABLED", "1"),
        ("NEXT_PUBLIC_EDITION", "SELF_HOSTED"),
        ("NEXT_PUBLIC_DEPLOY_ENV", "PRODUCTION"),
        ("NEXT_PUBLIC_BASE_PATH", ""),
        ("NEXT_PUBLIC_API_PREFIX", console_api.as_str()),
        ("NEXT_PUBLIC_PUBLIC_API_PREFIX", web_api.as_str()),
        ("NEXT_PUBLIC_SOCKET_URL", origin),
        ("MARKETPLACE_ENABLED", "false"),
        ("ENABLE_COLLABORATION_MODE", "false"),
        ("SERVER_CONSOLE_API_URL", api),
    ] {
        node.env(name, value);
    }
    Running::start(node, logs)
}

/// nginx before both.
fn proxy(port: u16, api: u16, web: u16, folder: &Path) -> Running {
    let site = TEMPLATE
        .replace("${API_UPSTREAM}", &format!("127.0.0.1:{api}"))
        .replace("${WEB_UPSTREAM}", &format!("127.0.0.1:{web}"))
        .replace("${LISTEN}", &format!("127.0.0.1:{port}"));
    fs::write(folder.join("site.conf"), site).unwrap();
    let here = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .concat();
    let main = format!(
        "worker_processes 1;\ndaemon off;\npid {here}/pid;\nerror_log {here}/error.log;\nevents {{}}\n\
         http {{ access_log off;\n{temporary}include {here}/site.conf;\n}}\n"
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, main).unwrap();
    let mut nginx = Command::new("nginx");
    nginx
        .arg("-e")
        .arg(folder.join("error.log"))
        .arg("-c")
        .arg(&path);
    Running::start(nginx, folder)
}

/// Whether the console asks for what nobody has yet: who it is, before it signs in, and routes of later slices.
fn is_expected(refused: &str) -> bool {
    let parts: Vec<&str> = refused.split(' ').collect();
    let [status, method, target] = parts[..] else {
        return false;
    };
    let path = target.split('?').next().unwrap_or_default();
    let is_later = |row: &&str| {
        let columns: Vec<&str> = row.split(',').collect();
        columns.len() > 4 && columns[4] == "later" && columns[2] == method && fits(columns[1], path)
    };
    match status {
        "401" => true,
        // Beside what is there under a path of the same shape, a route of later is a method that it has not.
        "404" | "405" => ROUTES.lines().any(|row| is_later(&row)),
        _ => false,
    }
}

/// Whether a path is of this shape; `{name}` stands for a part.
fn fits(shape: &str, path: &str) -> bool {
    let (shape, path) = (shape.split('/'), path.split('/'));
    let parts: Vec<(&str, &str)> = shape.clone().zip(path.clone()).collect();
    shape.count() == path.count()
        && parts
            .iter()
            .all(|(shape, part)| shape == part || shape.starts_with('{'))
}

#[tokio::test]
async fn stock_console_signs_in_imports_an_app_and_shows_its_runs_and_logs() {
    let [folder] = <[PathBuf; 1]>::try_from(folders("GATEWRIGHT_STOCK_CONSOLE", "server.js"))
        .expect("one folder");
    let db = TestDb::create().await;
    let ports = [free_port(), free_port(), free_port()];
    let [front, api, web] = ports;
    let origin = format!("http://127.0.0.1:{front}");
    let settings = [
        ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
        ("CONSOLE_API_URL", origin.as_str()),
        ("CONSOLE_WEB_URL", origin.as_str()),
        ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("GATEWRIGHT_OWN_DEVICE_PAGE", "true"),
        ("MARKETPLACE_ENABLED", "false"),
        ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
    ];
    let starting = Server::start_at(api, &db.database_url, &db.redis_url, &settings);
    let (server, mut browser) = tokio::join!(starting, Chromium::start());
    let logs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let _console = console(&folder, web, &origin, &server.url, logs[0].path());
    let _proxy = proxy(front, api, web, logs[1].path());
    wait_until("the console answers", async || {
        let asked = server.http.get(format!("{origin}/signin")).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    let session = server.sign_in().await;
    browser.act(json!({"watch": origin})).await;

    open(&mut browser, &format!("{origin}/signin")).await;
    browser.fill("#email", "owner@example.com").await;
    browser.fill("#password", "Passw0rd1").await;
    browser.click("role=button[name=\"Sign in\"]").await;
    browser.see("Import DSL file").await;

    let far = answering_when_told("all is well, Ada").await;
    far.go_on();
    let text = calling(&far.url("/")).replace("name: calls", "name: Weather report");
    browser.click("text=Import DSL file").await;
    let file = logs[0].path().join("weather.yml");
    fs::write(&file, text).unwrap();
    let choose = json!({"choose": "input[type=file]", "file": file});
    browser.act(choose).await;
    browser.click("role=button[name=/^(Create|Import)/]").await;
    let editor = browser.act(json!({"wait_for": "/app/"})).await;
    browser.see("Weather report").await;
    let app = editor["url"].as_str().unwrap().split('/').nth(4).unwrap();

    let names = json!({"marked_name": "v1", "marked_comment": "first"});
    let path = format!("/console/api/apps/{app}/workflows/publish");
    server.post_as(&session, &path, &names).await;
    let code = "SELECT code FROM sites";
    let code = db.query(code).await.remove(0);
    open(&mut browser, &format!("{origin}/workflow/{code}")).await;
    browser
        .fill("input:not([type=checkbox]):visible", "Ada")
        .await;
    browser.click("role=button[name=/execute|run/i]").await;
    browser.see("all is well, Ada").await;

    open(&mut browser, &format!("{origin}/apps")).await;
    browser.see("Weather report").await;
    open(&mut browser, &format!("{origin}/app/{app}/logs")).await;
    browser.see("Success").await;
    browser.click("tbody tr").await;
    browser.see("all is well, Ada").await;
    browser.click("text=/tracing/i").await;
    browser.see("Call").await;
    open(&mut browser, &format!("{origin}/app/{app}/overview")).await;
    browser.see("Total").await;

    // The editor throws what a route of later answers.
    let problems = browser.problems().await;
    assert!(problems.iter().all(|one| one == "Response"), "{problems:?}");
    let refused = browser.act(json!({"refused": true})).await["refused"].clone();
    let refused = refused.as_array().unwrap().iter();
    let unexpected: Vec<&str> = refused
        .filter_map(Value::as_str)
        .filter(|one| !is_expected(one))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Opens a page that is drawn by its script, and waits until it is.
async fn open(browser: &mut Chromium, url: &str) {
    browser.act(json!({"goto": url, "settled": true})).await;
}

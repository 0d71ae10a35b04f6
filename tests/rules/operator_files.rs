//! What an operator or a new account is given beside the binaries: unit files, containers, scripts, documents.
//! They name settings that exist, do nothing when asked for help, and refuse what they do not know.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use gatewright_api_server::command::setting_groups;
use gatewright_domain::settings::{Settings as _, is_named};
use gatewright_http::HttpSettings;
use gatewright_runtime::{EDGE_SETTINGS, OTHER_VARIABLES};

/// Variables of other programs that begin like settings of ours.
const FOREIGN: [&str; 10] = [
    // The stock console is told so where its pages ask the API for the web app.
    "APP_API_URL",
    // What `up` writes for shells.
    "DB_URL",
    // What programs of code nodes find a proxy in.
    "HTTP_PROXY",
    // Where nginx finds the stock console.
    "WEB_UPSTREAM",
    "HTTPS_PROXY",
    // The stock console's own server asks the API there.
    "SERVER_CONSOLE_API_URL",
    // The sandbox on its own, whose settings are no server's.
    "SANDBOX_BIND_ADDRESS",
    "SANDBOX_MEMORY_MB",
    "SANDBOX_PORT",
    "SANDBOX_READY",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn setting_names() -> BTreeSet<&'static str> {
    let groups = setting_groups().into_iter();
    groups
        .flat_map(|(_, all)| all)
        .map(|one| one.name)
        .collect()
}

/// Words of capitals with an underscore.
fn variables_in(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '<' || c == '>';
    let words = text.split(|c: char| !is_word(c));
    let is_variable = |word: &&str| {
        let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_<>".contains(c);
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.contains('_')
            && !word.ends_with('_')
            && word.chars().all(capitals)
    };
    words.filter(is_variable).map(str::to_owned).collect()
}

#[test]
fn pdfium_of_the_image_is_the_wheel_that_up_takes() {
    let (image, wheels) = (
        read("docker/Dockerfile"),
        read("crates/engines/src/wheels.rs"),
    );
    let behind = |mark: &str, end: char| -> Vec<String> {
        let pieces = image.split(mark).skip(1);
        pieces
            .map(|piece| piece.split(end).next().unwrap().to_owned())
            .collect()
    };
    let mut pinned = behind(" sum=", ' ');
    assert_eq!(pinned.len(), 2, "one for each processor");
    let version = behind("pypdfium2==", ' ');
    assert_eq!(version.len(), 1);
    pinned.push(format!("pypdfium2=={}", version[0]));
    for text in pinned {
        assert!(wheels.contains(&format!("\"{text}\"")), "{text}");
    }
}

/// The image, the manual and `./dev/up` build by `cargo build` alone: what it leaves out is missing from all of them.
#[test]
fn every_binary_is_built_by_a_build_that_names_none() {
    let manifest = read("Cargo.toml");
    let mut folders = Vec::new();
    for entry in fs::read_dir(root().join("bins")).unwrap() {
        folders.push(entry.unwrap().file_name().into_string().unwrap());
    }
    folders.sort();
    let members: Vec<String> = folders
        .iter()
        .map(|name| format!("\"bins/{name}\""))
        .collect();
    let line = format!("default-members = [{}]", members.join(", "));
    assert!(manifest.contains(&line), "{line}");
    for (file, text) in ["docker/Dockerfile", "docs/operations.md"].map(|file| (file, read(file))) {
        let mut builds = text
            .lines()
            .filter(|line| line.contains("cargo build --release"));
        assert!(builds.clone().count() > 0, "{file} builds a release");
        assert!(
            builds.all(|line| !line.contains("--bin")),
            "{file} names binaries"
        );
    }
}

/// The kind of G8's unit file, which named a setting that does not exist: in everything that tells people
/// which setting to change, each name that begins like one of ours is one of ours.
#[test]
fn g8_every_setting_that_is_named_exists() {
    let known = setting_names();
    let prefix = |name: &str| name.split('_').next().unwrap().to_owned();
    let prefixes: BTreeSet<String> = known.iter().map(|name| prefix(name)).collect();
    let is_known = |name: &str| {
        let base = name.strip_suffix("_FILE").unwrap_or(name);
        let is = |name: &str| {
            known
                .iter()
                .any(|known| is_named(known, name) || *known == name)
        };
        is(name) || is(base) || OTHER_VARIABLES.contains(&name) || FOREIGN.contains(&name)
    };
    let mut files = vec![root().join("README.md"), root().join(".env.example")];
    for folder in ["packaging", "docker", "dev"] {
        files_below(&root().join(folder), &mut files);
    }
    for entry in fs::read_dir(root().join("docs"))
        .unwrap()
        .map(Result::unwrap)
    {
        files.extend(Some(entry.path()).filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    files.retain(|file| file.extension().is_none_or(|e| e != "rs" && e != "lock"));
    let mut looked_at = 0;
    for file in files {
        for name in variables_in(&fs::read_to_string(&file).unwrap()) {
            if prefixes.contains(&prefix(&name)) {
                looked_at += 1;
                assert!(
                    is_known(&name),
                    "{} names {name}, which is no setting",
                    file.display()
                );
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
    assert!(!is_known("DIFY_SHUTDOWN_SECONDS"), "the test can fail");
}

/// A worker knows the names of the edge without its crate.
#[test]
fn g6_names_of_the_edge_are_those_that_it_declares() {
    let declared: Vec<&str> = HttpSettings::docs().iter().map(|one| one.name).collect();
    assert_eq!(declared, EDGE_SETTINGS);
}

fn script(name: &str, argument: &str) -> Output {
    Command::new(root().join("dev").join(name))
        .arg(argument)
        // Without a toolchain a script that goes on would fail in another way.
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap()
}

fn scripts() -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let entries = fs::read_dir(root().join("dev"))
        .unwrap()
        .map(Result::unwrap);
    let files = entries.filter(|entry| {
        let data = entry.metadata().unwrap();
        data.is_file() && data.permissions().mode() & 0o100 != 0
    });
    files
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn g5_every_script_has_help_and_refuses_an_option_that_it_does_not_have() {
    let all = scripts();
    assert!(all.len() >= 10, "{all:?}");
    for name in all {
        for help in ["--help", "-h"] {
            let output = script(&name, help);
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{name} {help}");
            assert!(
                said.starts_with(&format!("Usage: ./dev/{name}")),
                "{name}: {said}"
            );
        }
        let output = script(&name, "--nonsense");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(
            said.contains("there is no option --nonsense"),
            "{name}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
    }
}

/// `down` without binaries: the file of the state says what runs. The folder is another one, with a process
/// that bears the name of the server.
#[test]
fn g5_down_ends_what_the_state_file_names_though_the_binaries_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let dev = folder.path().join("dev");
    fs::create_dir_all(folder.path().join(".dev")).unwrap();
    fs::create_dir(&dev).unwrap();
    for name in ["down", "lib.sh"] {
        fs::copy(root().join("dev").join(name), dev.join(name)).unwrap();
    }
    let stand_in = folder.path().join("api-server");
    fs::copy("/bin/sleep", &stand_in).unwrap();
    let mut running = Command::new(&stand_in).arg("600").spawn().unwrap();
    let waiter = std::thread::spawn(move || running.wait().map(|status| (status, running.id())));
    let down = || {
        let output = Command::new(dev.join("down"))
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(down(), "nothing runs here\n", "without a state file");
    let pid = pid_of(&stand_in);
    let state = serde_json::json!({"pid": pid, "servers": {"worker": 1}, "is_ready": true});
    fs::write(
        folder.path().join(".dev/state.json"),
        format!("{state:#}\n"),
    )
    .unwrap();
    assert_eq!(down(), "stopped\n");
    assert!(!waiter.join().unwrap().unwrap().0.success(), "it was ended");
    assert_eq!(down(), "nothing runs here\n");
}

fn pid_of(program: &Path) -> u32 {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_it =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
    pids.into_iter().find(is_it).expect("the process runs")
}

/// G3: what a copied example says for a machine must not reach a container.
#[test]
fn g3_container_listens_on_all_addresses_and_is_probed_at_the_published_one() {
    let compose = read("docker/compose.yaml");
    let example = read(".env.example");
    for (setting, value) in [("DIFY_BIND_ADDRESS", "0.0.0.0"), ("MAIL_TYPE", "smtp")] {
        assert!(
            example.contains(&format!("\n{setting}=")),
            "the example says another"
        );
        assert!(
            compose.contains(&format!("    {setting}: {value}\n")),
            "{setting} is set, not passed on"
        );
    }
    assert!(compose.contains("    DIFY_PORT: \"5001\"\n") && compose.contains(":5001\"]"));
    assert!(compose.contains("\n  mail:\n") && compose.contains("${SMTP_SERVER:-mail}"));
    let image = read("docker/Dockerfile");
    let check = image.split("HEALTHCHECK").nth(1).unwrap();
    assert!(
        check.contains("--host") && check.contains("$(hostname)"),
        "{check}"
    );
}

#[test]
fn g8_files_of_the_readme_s_first_login_are_ignored_by_git() {
    let readme = read("README.md");
    assert!(readme.contains("curl -c jar"));
    assert!(read(".gitignore").lines().any(|line| line == "/jar"));
}

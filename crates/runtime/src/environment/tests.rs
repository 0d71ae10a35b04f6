//! Layers, files of secrets, and texts that are none.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _};

use gatewright_domain::settings::assignment;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::from_variables(pairs.collect())
}

fn layered(folder: &Path, process: &[(&str, &str)]) -> Environment {
    let process = process
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    Environment::from_layers(
        &folder.join(".env"),
        process.collect::<Vec<_>>().into_iter(),
    )
}

#[test]
fn settings_layer_overrides_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    assert_eq!(
        layered(folder.path(), &[]).get("DB_PORT").as_deref(),
        Some("5432")
    );
    assert!(
        !layered(folder.path(), &[]).has("DB_PORT"),
        "nobody wrote that"
    );
    write(
        "gatewright.toml",
        "DB_PORT = 1\nDB_HOST = \"file\"\nDB_DATABASE = \"file\"\n",
    );
    write(".env", "DB_PORT=2\nDB_HOST=dot\n");
    let all = layered(folder.path(), &[("DB_PORT", "3")]);
    for (name, value) in [
        ("DB_PORT", "3"),
        ("DB_HOST", "dot"),
        ("DB_DATABASE", "file"),
    ] {
        assert_eq!(all.get(name).as_deref(), Some(value));
        assert!(all.has(name));
    }
    // Blank takes away what stands below it.
    assert!(!layered(folder.path(), &[("DB_HOST", "")]).has("DB_HOST"));
    write("other.toml", "DB_DATABASE = \"other\"");
    let other = folder.path().join("other.toml").display().to_string();
    let named = layered(folder.path(), &[("GATEWRIGHT_CONFIG_FILE", &other)]);
    assert_eq!(named.get("DB_DATABASE").as_deref(), Some("other"));
    let missing = layered(
        folder.path(),
        &[("GATEWRIGHT_CONFIG_FILE", "/nowhere.toml")],
    );
    assert_eq!(missing.problems()[0].place, "/nowhere.toml");
}

#[test]
fn settings_values_are_kept_to_the_character() {
    for value in [
        "0123",
        "1e5",
        "TRUE",
        " blank ",
        "a$b${c}",
        "1,2",
        "{\"a\":1}",
    ] {
        assert_eq!(
            environment(&[("DB_PASSWORD", value)])
                .get("DB_PASSWORD")
                .as_deref(),
            Some(value)
        );
    }
    let both = environment(&[("DB_PASSWORD", "ours"), ("db_password", "theirs")]);
    assert_eq!(both.get("DB_PASSWORD").as_deref(), Some("ours"));
}

#[test]
fn secret_is_read_from_a_file_and_the_variable_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, "\u{feff}from the file\n").unwrap();
    let path = path.to_str().unwrap();
    let key = |pairs: &[(&str, &str)]| environment(pairs).get("SECRET_KEY");
    let file = ("SECRET_KEY_FILE", path);
    assert_eq!(key(&[file]).as_deref(), Some("from the file"));
    assert_eq!(
        key(&[file, ("SECRET_KEY", "direct")]).as_deref(),
        Some("direct")
    );
    assert_eq!(
        key(&[file, ("SECRET_KEY", "")]).as_deref(),
        Some("from the file")
    );
    // A higher layer's file stands over a lower layer's value.
    fs::write(
        folder.path().join(".env"),
        "SECRET_KEY=of the example\n".replace(' ', "-"),
    )
    .unwrap();
    let layers = layered(folder.path(), &[file]);
    assert_eq!(layers.get("SECRET_KEY").as_deref(), Some("from the file"));
    let missing = environment(&[("DB_PASSWORD_FILE", "/nowhere")]);
    let problem = missing.problems()[0].to_string();
    assert!(
        problem.starts_with("DB_PASSWORD_FILE: /nowhere"),
        "{problem}"
    );
}

#[test]
fn broken_env_file_is_named_but_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    for (text, line) in [
        ("A=1\nDB_PASSWORD='hunter2\n", "line 2"),
        ("# x\n\nB=2\nLABEL=the hunter2\nC=3\n", "line 4"),
    ] {
        fs::write(folder.path().join(".env"), text).unwrap();
        let error = layered(folder.path(), &[]).problems()[0].to_string();
        assert!(error.contains(".env") && error.contains(line), "{error}");
        assert!(error.contains("quotes"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

/// Row F: neither a mark nor another encoding panics or misleads, in whichever file.
#[test]
fn f_env_file_byte_order_mark_is_stripped_and_non_utf8_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let dot_env = folder.path().join(".env");
    fs::write(&dot_env, "\u{feff}DB_HOST=one\r\nDB_PORT=2\r\n").unwrap();
    fs::write(
        folder.path().join("gatewright.toml"),
        "\u{feff}DB_DATABASE = \"three\"\n",
    )
    .unwrap();
    let read = layered(folder.path(), &[]);
    assert_eq!(read.problems(), []);
    for (name, value) in [
        ("DB_HOST", "one"),
        ("DB_PORT", "2"),
        ("DB_DATABASE", "three"),
    ] {
        assert_eq!(read.get(name).as_deref(), Some(value));
    }
    for (bytes, words) in [
        (b"\xff\xfeS\0E\0".as_slice(), "UTF-16"),
        (b"DB_HOST=\xe9".as_slice(), "not text"),
    ] {
        fs::write(&dot_env, bytes).unwrap();
        let problem = layered(folder.path(), &[]).problems()[0].to_string();
        assert!(
            problem.contains(words) && problem.contains("UTF-8"),
            "{problem}"
        );
    }
    fs::remove_file(&dot_env).unwrap();
    let latin = OsStr::from_bytes(b"pass\xe9").to_owned();
    let process = |name: &str| vec![(OsString::from(name), latin.clone())].into_iter();
    let ours = Environment::from_layers(&dot_env, process("DB_PASSWORD"));
    let problem = ours.problems()[0].to_string();
    assert!(
        problem.starts_with("DB_PASSWORD: ") && problem.contains("UTF-8"),
        "{problem}"
    );
    let theirs = Environment::from_layers(&dot_env, process("LESSOPEN"));
    assert_eq!(
        theirs.problems(),
        [],
        "what is none of ours is not looked at"
    );
}

/// G6: what an error suggests can be put into `.env` as it stands; so can every example of the document.
#[test]
fn g6_every_setting_example_is_valid_in_an_env_file() {
    let folder = tempfile::tempdir().unwrap();
    for setting in groups().into_iter().flat_map(|group| group.settings) {
        let name = setting.name.replace("<NAME>", "CORP");
        if setting.example.starts_with("$(") {
            continue;
        }
        let line = assignment(&name, setting.example);
        fs::write(folder.path().join(".env"), format!("{line}\n")).unwrap();
        let file = folder.path().join(".env");
        let read = env_file::parse(&text::read(&file).unwrap());
        let read = read.unwrap_or_else(|_| panic!("{line}"));
        assert_eq!(read[&name], setting.example, "{line}");
    }
}

/// The layer of defaults says what the declarations say.
#[test]
fn every_setting_default_parses_to_itself() {
    use crate::settings::ServerSettings;
    let key = ("SECRET_KEY", "0123456789abcdef0123456789abcdef");
    let bare = |name: &str| (name == key.0).then(|| key.1.to_owned());
    let declared = ServerSettings::load(&bare).unwrap();
    let merged = ServerSettings::load(&environment(&[key])).unwrap();
    assert_eq!(format!("{declared:?}"), format!("{merged:?}"));
}

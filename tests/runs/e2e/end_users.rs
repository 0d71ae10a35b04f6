//! `api-server end-user`: everything that is kept of one end user is told, or erased, and nothing of anybody else.

use std::{collections::BTreeMap, io::Read as _, path::Path, process::Output};

use serde_json::Value;

use crate::keeping::World;
use crate::support::{SECRET_KEY, process};

impl World {
    fn end_user(&self, arguments: &[&str]) -> Output {
        let settings = [
            ("SECRET_KEY", SECRET_KEY),
            ("DATABASE_URL", self.h.db.database_url.as_str()),
            ("REDIS_URL", self.h.db.redis_url.as_str()),
            ("REDIS_KEY_PREFIX", self.h.db.key_prefix.as_str()),
            ("OPENDAL_FS_ROOT", self.h.storage_path().to_str().unwrap()),
        ];
        let whom = ["--app", self.app.as_str()];
        let all = [&["end-user"], arguments, &whom[..]].concat();
        process::run("api-server", &all, &settings)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.end_user(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// How often each table is told of, and all lines as one text.
fn tables(lines: &str) -> BTreeMap<String, usize> {
    let mut tables = BTreeMap::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["row"]["id"].is_string(), "{line}");
        let table = line["table"].as_str().unwrap().to_owned();
        *tables.entry(table).or_default() += 1;
    }
    tables
}

fn expected(rows: &[(&str, usize)]) -> BTreeMap<String, usize> {
    rows.iter()
        .map(|(name, rows)| ((*name).to_owned(), *rows))
        .collect()
}

#[actix_web::test]
async fn end_user_is_told_whole_with_files_and_nothing_of_others() {
    let world = World::new(&[]).await;
    world.say(&world.key, "ada", "my secret wish").await;
    world.say(&world.key, "ada", "another wish").await;
    world.say(&world.key, "bob", "what bob said").await;
    world.upload(&world.key, "ada", "idle.txt").await;
    let told = world.end_user(&["export", "--user", "ada"]);
    assert!(told.status.success(), "{told:?}");
    let lines = String::from_utf8(told.stdout).unwrap();
    let rows = [
        ("conversations", 2),
        ("end_users", 1),
        ("message_files", 2),
        ("messages", 2),
        ("upload_files", 3),
        ("workflow_app_logs", 2),
        ("workflow_conversation_variables", 2),
        ("workflow_node_executions", 4),
        ("workflow_runs", 2),
    ];
    assert_eq!(tables(&lines), expected(&rows));
    assert!(lines.contains("my secret wish") && !lines.contains("what bob said"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ada.zip");
    let written = world.json(&["export", "--user", "ada", "-o", file.to_str().unwrap()]);
    assert_eq!(
        (&written["files"], &written["missing"]),
        (&3.into(), &0.into())
    );
    assert_eq!(unpacked(&file)["records.jsonl"], lines);
    let contents = unpacked(&file);
    let contents: Vec<_> = contents
        .iter()
        .filter(|(name, _)| name.starts_with("files/"))
        .collect();
    assert_eq!(contents.len(), 3);
    assert!(
        contents
            .iter()
            .all(|(name, content)| name.ends_with(".txt") && *content == "hello")
    );
    let actions = world.h.db.audit_actions().await;
    assert!(
        actions.iter().any(|one| one == "end_user.exported"),
        "{actions:?}"
    );
}

fn unpacked(file: &Path) -> BTreeMap<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "for its owner alone");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut parts = BTreeMap::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.insert(part.name().unwrap().into_owned(), text);
    }
    parts
}

#[actix_web::test]
async fn end_user_is_erased_only_when_it_is_confirmed_and_then_whole() {
    let mut world = World::new(&[]).await;
    let (_, neighbour_key) = world.neighbour().await;
    world.say(&world.key, "ada", "one").await;
    world.say(&world.key, "bob", "two").await;
    world.say(&neighbour_key, "ada", "three").await;
    world.upload(&world.key, "ada", "idle.txt").await;
    let counted = world.json(&["erase", "--user", "ada"]);
    let user = &counted["users"][0];
    assert_eq!(counted["erased"], false);
    for (member, rows) in [
        ("conversations", 1),
        ("messages", 1),
        ("runs", 1),
        ("files", 2),
    ] {
        assert_eq!(user[member], rows, "{member}");
    }
    assert_eq!(world.count("messages").await, 3, "it only counted");

    let erased = world.json(&["erase", "--user", "ada", "--yes"]);
    assert_eq!(erased["erased"], true);
    for (rows, left) in [
        ("end_users WHERE session_id = 'ada'", 1),
        ("messages", 2),
        ("messages WHERE query = 'one'", 0),
        ("conversations", 2),
        ("workflow_runs", 2),
        ("workflow_node_executions", 4),
        ("message_files", 2),
        ("upload_files", 2),
    ] {
        assert_eq!(world.count(rows).await, left, "{rows}");
    }
    world.h.work().await;
    assert_eq!(world.h.stored_files(2).await, 2);
    let again = world.json(&["erase", "--user", "ada", "--yes"]);
    assert_eq!(
        again["users"].as_array().unwrap().len(),
        0,
        "and again without harm"
    );
    let noted =
        "SELECT details->>'end_user' FROM gatewright_audit_events WHERE action = 'end_user.erased'";
    assert_eq!(
        world.h.db.query(noted).await,
        [user["id"].as_str().unwrap()]
    );
}

#[actix_web::test]
async fn end_user_command_says_what_it_does_and_finds_by_id_too() {
    let world = World::new(&[]).await;
    world.say(&world.key, "ada", "one").await;
    let id = world
        .h
        .db
        .query("SELECT id::text FROM end_users")
        .await
        .remove(0);
    let counted = world.json(&["erase", "--user", &id]);
    assert_eq!(counted["users"][0]["session_id"], "ada");
    for command in ["export", "erase"] {
        let help = process::run("api-server", &["end-user", command, "--help"], &[]);
        let help = String::from_utf8(help.stdout).unwrap();
        for word in ["--app", "--user", "--json"] {
            assert!(help.contains(word), "{command} {word}");
        }
    }
    let nobody = world.end_user(&["erase", "--user", "nobody", "--yes"]);
    let told = String::from_utf8(nobody.stdout).unwrap();
    assert_eq!(told, "nothing is kept of such an end user\n");
}

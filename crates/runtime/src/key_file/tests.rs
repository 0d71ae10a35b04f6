//! The three steps, each in its time; the file and its lock.

use super::*;
use gatewright_auth::OsRandom;
use gatewright_domain::Secret;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn settings(path: &Path) -> SecretKeySettings {
    SecretKeySettings {
        active: Secret::new("the first key, thirty-two characters"),
        keys_file: Some(path.to_owned()),
        ..SecretKeySettings::default()
    }
}

fn states(keys: &[KeyInfo]) -> Vec<KeyState> {
    keys.iter().map(|key| key.state).collect()
}

#[test]
fn key_passes_from_next_to_active_to_previous_to_removed() {
    use KeyState::{Active, Next, Previous};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let settings = settings(&path);
    let random = OsRandom::default();
    let first = settings.master_keys().key_ids();
    let keys = change(&settings, now(), |file| file.rotate(&random, now())).unwrap();
    assert_eq!(states(&keys), [Next, Active]);
    assert_eq!(
        load(&settings).unwrap().key_ids()[0],
        first[0],
        "it does not sign yet"
    );
    assert!(matches!(
        change(&settings, now(), |f| f.rotate(&random, now())),
        Err(KeyFileError::NextExists(_))
    ));
    assert!(matches!(
        change(&settings, now(), |f| f.promote(now(), false)),
        Err(KeyFileError::TooYoung { .. })
    ));
    let keys = change(&settings, now(), |file| file.promote(now() + SETTLE, false)).unwrap();
    assert_eq!(states(&keys), [Active, Previous]);
    assert_eq!(
        load(&settings).unwrap().key_ids()[1],
        first[0],
        "it still verifies"
    );
    assert!(matches!(
        change(&settings, now(), |f| f.promote(now(), true)),
        Err(KeyFileError::NoNext)
    ));
    assert!(matches!(
        change(&settings, now(), |f| f.retire(now() + KEEP, false)),
        Err(KeyFileError::InUse)
    ));
    let keys = change(&settings, now(), |f| f.retire(now() + SETTLE + KEEP, false)).unwrap();
    assert_eq!(states(&keys), [Active]);
    assert!(matches!(
        change(&settings, now(), |f| f.retire(now(), true)),
        Err(KeyFileError::NoPrevious)
    ));
}

#[test]
fn key_file_is_private_and_locked_while_changed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let settings = settings(&path);
    change(&settings, now(), |file| {
        file.rotate(&OsRandom::default(), now())
    })
    .unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::write(path.with_extension("lock"), "").unwrap();
    let error = change(&settings, now(), |file| file.promote(now(), true)).unwrap_err();
    assert!(matches!(error, KeyFileError::Locked(_)), "{error}");
    let file = KeyFile::read(&path).unwrap();
    assert!(!format!("{file:?}").contains("the first key"));
    fs::write(&path, r#"{"keys":[]}"#).unwrap();
    assert!(load(&settings).is_err(), "no active key");
    assert!(matches!(
        change(&SecretKeySettings::default(), now(), |_| Ok(())),
        Err(KeyFileError::NoFile)
    ));
}

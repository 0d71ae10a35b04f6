//! Files and folders that are for their owner alone. What is written is always made anew: what somebody else
//! put in its place would keep its owner and its mode, and a link would lead elsewhere.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

/// What only the owner may read and write.
const FILE: u32 = 0o600;
/// What only the owner may enter.
const FOLDER: u32 = 0o700;

/// Writes beside and renames, so that a reader sees the old file or the new one, never half of it.
///
/// # Errors
/// When the folder cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// An empty file in place of whatever stands there, for a log.
///
/// # Errors
/// When the folder cannot be written, or a folder stands there.
pub fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE).open(path)
}

/// Makes a folder, and those above that are missing. One that is there stays as it is: whoever made it knows
/// who is to enter it.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Shuts a file that something else made.
///
/// # Errors
/// When it is not ours.
pub fn shut(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(FILE))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn private_file_ignores_mode_and_target_of_a_planted_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let [path, beside, elsewhere] =
            ["keys.json", "keys.new", "elsewhere"].map(|name| folder.path().join(name));

        fs::write(&beside, "").unwrap();
        fs::set_permissions(&beside, Permissions::from_mode(0o666)).unwrap();
        replace(&path, b"secret").unwrap();
        assert_eq!(mode(&path), 0o600);

        fs::write(&elsewhere, "as it was").unwrap();
        symlink(&elsewhere, &beside).unwrap();
        replace(&path, b"another secret").unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
        assert_eq!(fs::read_to_string(&path).unwrap(), "another secret");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }

    #[test]
    fn private_log_is_truncated_and_follows_no_symlink() {
        let folder = tempfile::tempdir().unwrap();
        let [log, elsewhere] = ["engine.log", "elsewhere"].map(|name| folder.path().join(name));
        fs::write(&elsewhere, "as it was").unwrap();
        symlink(&elsewhere, &log).unwrap();
        for text in ["first", "second"] {
            create(&log).unwrap().write_all(text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&log).unwrap(), text);
            assert_eq!(mode(&log), 0o600);
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
    }

    #[test]
    fn private_folder_is_created_0700_and_existing_ones_keep_their_mode() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        fs::create_dir(&there).unwrap();
        fs::set_permissions(&there, Permissions::from_mode(0o755)).unwrap();
        make_folder(&there.join("a/b")).unwrap();
        make_folder(&there).unwrap();
        let modes = ["", "a", "a/b"].map(|path| mode(&there.join(path)));
        assert_eq!(modes, [0o755, 0o700, 0o700]);
        let file = there.join("file");
        fs::write(&file, "").unwrap();
        shut(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
    }
}

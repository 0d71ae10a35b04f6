//! Files that only their owner may read.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Writes beside and renames, so that a reader sees the old file or the new one, never half of it. The file
/// beside is always made anew: one that somebody else put there, or that was left behind, would keep its
/// owner and its mode, and a link would lead elsewhere.
///
/// # Errors
/// What the file system says.
pub fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_that_was_put_beside_lends_neither_its_mode_nor_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let [path, beside, elsewhere] =
            ["keys.json", "keys.new", "elsewhere"].map(|name| folder.path().join(name));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

        fs::write(&beside, "").unwrap();
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o666)).unwrap();
        write(&path, b"secret").unwrap();
        assert_eq!(mode(&path), 0o600);

        fs::write(&elsewhere, "as it was").unwrap();
        symlink(&elsewhere, &beside).unwrap();
        write(&path, b"another secret").unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
        assert_eq!(fs::read_to_string(&path).unwrap(), "another secret");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}

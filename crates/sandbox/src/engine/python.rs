//! Python 3: the operator's, with its packages, or the system's, with its standard library alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Wishes, bounds, environment, found, interpreter, system_files};
use crate::{
    limits::Limits,
    plan::{Bounds, ChildPlan},
};

const BOOT: &str = include_str!("../boot/python.py");
/// Bytes of addresses that the interpreter itself has.
const OWN_ADDRESSES: u64 = 256 << 20;
/// Prints the interpreter, its library and its packages, a line each.
const ASK: &str = "import sys, sysconfig, site; p = sysconfig.get_paths(); \
    print('\\n'.join([sys.executable, p['stdlib'], p['platstdlib'], *site.getsitepackages()]))";

pub(super) fn candidates(wishes: &Wishes, limits: Limits) -> Vec<ChildPlan> {
    let named = wishes.python.as_deref();
    let plans = match named {
        // A virtual environment is a link: what it means is asked of the link.
        Some(file) => vec![plan(file, true, wishes, limits)],
        None => found("python3", None)
            .iter()
            .map(|file| plan(file, false, wishes, limits))
            .collect(),
    };
    plans.into_iter().flatten().collect()
}

/// Names and versions of the packages of an operator's Python.
pub(crate) fn packages(file: &Path) -> Vec<(String, String)> {
    let folders = ask(file).map(|said| said.packages).unwrap_or_default();
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let named = entries.flatten().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
        Some((name.to_owned(), version.to_owned()))
    });
    let mut all: Vec<_> = named.collect();
    all.sort();
    all
}

/// What an interpreter says of itself.
struct Said {
    program: PathBuf,
    library: Vec<String>,
    packages: Vec<String>,
}

fn ask(file: &Path) -> Option<Said> {
    let mut command = Command::new(file);
    let output = command.args(["-I", "-c", ASK]).env_clear().output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let mut lines = said.lines().map(str::to_owned);
    let program = Path::new(&lines.next()?).canonicalize().ok()?;
    let library = vec![lines.next()?, lines.next()?];
    Some(Said {
        program,
        library,
        packages: lines.collect(),
    })
}

fn plan(file: &Path, with_packages: bool, wishes: &Wishes, limits: Limits) -> Option<ChildPlan> {
    let Said {
        program,
        library,
        packages,
    } = ask(file)?;
    let mut arguments = vec!["-I", "-S", "-B", "-X", "utf8", "-c", BOOT];
    let mut readable = system_files();
    readable.extend(library.iter().map(PathBuf::from));
    // Where a build of one's own keeps libpython.
    readable.extend(
        program
            .parent()
            .and_then(Path::parent)
            .map(|home| home.join("lib")),
    );
    if with_packages {
        arguments.extend(packages.iter().map(String::as_str));
        readable.extend(packages.iter().map(PathBuf::from));
    }
    Some(ChildPlan {
        becomes: interpreter(
            &program,
            &arguments,
            environment(wishes.proxy.as_ref(), &[]),
        ),
        readable,
        uid: None,
        port: wishes.proxy.as_ref().map(|proxy| proxy.port),
        bounds: Bounds {
            addresses: Some(OWN_ADDRESSES + limits.memory),
            ..bounds(limits)
        },
    })
}

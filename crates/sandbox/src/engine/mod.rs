//! The interpreters: which there are, and what each needs to start.

mod node;
pub(crate) mod python;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    limits::Limits,
    plan::{Becomes, Bounds, ChildPlan},
    sandbox::Proxy,
};

/// What a program is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Python 3, of the system or of the operator.
    Python,
    /// JavaScript, as Node runs it.
    JavaScript,
}

impl Language {
    /// Every language that there is.
    pub const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// As the protocol writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::JavaScript => "nodejs",
        }
    }

    /// Prints two, so that one sees an interpreter work.
    pub(crate) fn trial(self) -> &'static str {
        match self {
            Self::Python => "print(1+1)",
            Self::JavaScript => "console.log(1+1)",
        }
    }
}

/// What the operator says about interpreters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// This one, and its packages.
    pub(crate) python: Option<PathBuf>,
    /// This one, or none.
    pub(crate) node: Option<PathBuf>,
    /// By which programs with a network reach it.
    pub(crate) proxy: Option<Proxy>,
}

/// Ways to run programs of a language, best first. Whether one works, one sees by trying.
pub(crate) fn candidates(language: Language, wishes: &Wishes, limits: Limits) -> Vec<ChildPlan> {
    match language {
        Language::Python => python::candidates(wishes, limits),
        Language::JavaScript => node::candidates(wishes, limits),
    }
}

/// Files of that name on the path and where systems keep them, links resolved, each once.
fn found(name: &str, named: Option<&Path>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let places = match named {
        Some(file) => vec![file.to_owned()],
        None => {
            let path = env::var_os("PATH").unwrap_or_default();
            let folders =
                env::split_paths(&path).chain(["/usr/local/bin", "/usr/bin"].map(Into::into));
            folders.map(|folder| folder.join(name)).collect()
        }
    };
    for place in places {
        if let Ok(file) = fs::canonicalize(place)
            && file.is_file()
            && !all.contains(&file)
        {
            all.push(file);
        }
    }
    all
}

/// What every dynamic program reads, and what standard libraries ask for.
fn system_files() -> Vec<PathBuf> {
    [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/etc/ld.so.cache",
        "/etc/ssl/certs",
        "/usr/share/zoneinfo",
        "/dev/null",
        "/dev/urandom",
    ]
    .map(PathBuf::from)
    .to_vec()
}

fn environment(proxy: Option<&Proxy>, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("HOME".to_owned(), "/nonexistent".to_owned()),
    ];
    if let Some(proxy) = proxy {
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            all.push((name.to_owned(), proxy.url.clone()));
        }
    }
    all.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    all
}

fn bounds(limits: Limits) -> Bounds {
    Bounds {
        // More: the clock on the wall decides, this holds when nobody looks.
        cpu_seconds: limits.time.as_secs() + 2,
        addresses: None,
        data: None,
        threads: None,
    }
}

fn interpreter(program: &Path, arguments: &[&str], environment: Vec<(String, String)>) -> Becomes {
    Becomes::Interpreter {
        program: program.to_owned(),
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        environment,
    }
}

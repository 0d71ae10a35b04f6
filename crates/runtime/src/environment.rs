//! Where settings come from: the process's environment first, then a `.env` file, and for each
//! variable the file that `<NAME>_FILE` points to (how container platforms hand out secrets).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use gatewright_domain::settings::Source;

/// Variables from the environment and from a `.env` file.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    unreadable: Vec<String>,
}

/// The `.env` file is there but cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct EnvFileError {
    path: String,
    problem: String,
}

impl Environment {
    /// The environment, over what `.env` in `folder` says (if there is one).
    pub fn load(folder: &Path) -> Result<Self, EnvFileError> {
        Self::load_file(&folder.join(".env"))
    }

    /// The environment, over what `file` says (if it exists).
    pub fn load_file(file: &Path) -> Result<Self, EnvFileError> {
        let mut variables = read_env_file(file)?;
        #[allow(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        variables.extend(std::env::vars());
        Ok(Self::from_variables(variables))
    }

    /// These variables and no others; `<NAME>_FILE` is resolved.
    pub fn from_variables(mut variables: HashMap<String, String>) -> Self {
        let files: Vec<(String, PathBuf)> = variables
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_suffix("_FILE")?.to_owned(), value.into()))
            })
            .filter(|(name, _)| !variables.contains_key(name) && is_file_setting(name))
            .collect();
        let mut unreadable = vec![];
        for (name, path) in files {
            match std::fs::read_to_string(&path) {
                Ok(text) => {
                    drop(variables.insert(name, text.trim_end_matches(['\n', '\r']).to_owned()));
                }
                Err(error) => unreadable.push(format!("{name}_FILE: {}: {error}", path.display())),
            }
        }
        Self {
            variables,
            unreadable,
        }
    }

    /// Files that `<NAME>_FILE` names and that cannot be read, each as one line.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// Whether a variable has a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.trim().is_empty())
    }

    /// All variables, for child processes.
    pub fn variables(&self) -> &HashMap<String, String> {
        &self.variables
    }
}

/// Only secrets and connection strings are handed out as files.
fn is_file_setting(name: &str) -> bool {
    [
        "SECRET_KEY",
        "CLIENT_SECRET",
        "PASSWORD",
        "DATABASE_URL",
        "REDIS_URL",
    ]
    .iter()
    .any(|part| name.ends_with(part))
}

fn read_env_file(file: &Path) -> Result<HashMap<String, String>, EnvFileError> {
    if !file.exists() {
        return Ok(HashMap::new());
    }
    let failed = |problem: String| EnvFileError {
        path: file.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let entries = dotenvy::from_read_iter(text.as_bytes());
    entries
        .map(|entry| entry.map_err(|_| failed(unreadable_line(&text))))
        .collect()
}

/// Says where, and not what: the parser's own message quotes the line, which may hold a secret. It
/// does not count lines; the one after the longest beginning that can be read is the wrong one.
fn unreadable_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_readable = |count: &usize| {
        let beginning = lines[..*count].join("\n");
        dotenvy::from_read_iter(beginning.as_bytes()).all(|entry| entry.is_ok())
    };
    let good = (0..lines.len()).rev().find(is_readable).unwrap_or_default();
    let line = good + 1;
    format!("line {line} is not NAME=value; a value with blanks needs quotes: NAME=\"two words\"")
}

impl Source for Environment {
    fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::from_variables(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_secret_may_stand_in_a_file_and_the_variable_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "from the file\n").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(
            environment(&[("SECRET_KEY_FILE", path)])
                .get("SECRET_KEY")
                .unwrap(),
            "from the file"
        );
        let both = environment(&[("SECRET_KEY_FILE", path), ("SECRET_KEY", "direct")]);
        assert_eq!(both.get("SECRET_KEY").unwrap(), "direct");
        let missing = environment(&[("DB_PASSWORD_FILE", "/nowhere")]);
        assert!(missing.unreadable()[0].starts_with("DB_PASSWORD_FILE: /nowhere"));
    }

    #[test]
    fn a_broken_env_file_is_named_but_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        for (text, line) in [
            ("A=1\nDB_PASSWORD='hunter2\n", "line 2"),
            ("# x\n\nB=2\nLABEL=the hunter2\nC=3\n", "line 4"),
        ] {
            std::fs::write(folder.path().join(".env"), text).unwrap();
            let error = Environment::load(folder.path()).err().unwrap().to_string();
            assert!(error.contains(".env") && error.contains(line), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

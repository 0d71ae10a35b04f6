//! Where settings come from. `config` merges the layers, each over the one before: the defaults of the
//! declarations, a file (`gatewright.toml` beside `.env`, or what `GATEWRIGHT_CONFIG_FILE` names), `.env`,
//! the process's environment. In each layer `<NAME>_FILE` may name a file that holds a secret (how
//! container platforms hand them out). Names, types, documentation and errors are the business of
//! `settings!` above this (`gatewright_domain::settings`).

mod env_file;
mod known;
mod settings_file;
mod text;

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use config::{Config, ConfigError};
use gatewright_domain::settings::Source;

pub use known::UnknownName;

use crate::settings::{CONFIG_FILE, PROVIDERS, groups, is_known};

/// What the file of settings is called where nobody names another.
const SETTINGS_FILE: &str = "gatewright.toml";

/// Variables from the environment and from files.
#[derive(Clone, Default)]
pub struct Environment {
    /// What somebody wrote.
    given: Config,
    /// The same over the defaults.
    settled: Config,
    /// Under which names.
    written: HashMap<String, String>,
    /// The files that were read.
    files: Vec<PathBuf>,
    problems: Vec<SourceError>,
}

/// A file or a variable is there and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct SourceError {
    /// The file or the variable.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Environment {
    /// The environment, over what `.env` in `folder` says (if there is one).
    ///
    /// # Errors
    /// The first of [`Environment::problems`].
    pub fn load(folder: &Path) -> Result<Self, SourceError> {
        Self::load_file(&folder.join(".env"))
    }

    /// The environment, over what `file` says (if it exists).
    ///
    /// # Errors
    /// The first of [`Environment::problems`].
    pub fn load_file(file: &Path) -> Result<Self, SourceError> {
        let environment = Self::read(file);
        match environment.problems.first() {
            None => Ok(environment),
            Some(problem) => Err(problem.clone()),
        }
    }

    /// The same, as far as it can be read: for who lists all that is wrong.
    pub fn read(file: &Path) -> Self {
        #[allow(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        Self::from_layers(file, std::env::vars_os())
    }

    /// These variables and no others; `<NAME>_FILE` is resolved.
    pub fn from_variables(variables: HashMap<String, String>) -> Self {
        let mut environment = Self::default();
        environment.add(variables);
        environment.settle();
        environment
    }

    fn from_layers(file: &Path, process: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        let process = environment.texts(process);
        let dot_env = environment.dot_env(file);
        let named = [&process, &dot_env].into_iter().find_map(|layer| {
            let path = layer.get(CONFIG_FILE).map(|path| path.trim());
            path.filter(|path| !path.is_empty()).map(PathBuf::from)
        });
        let beside = || Some(file.with_file_name(SETTINGS_FILE)).filter(|path| path.exists());
        let layer = match named.or_else(beside) {
            Some(path) => environment.read_with(&path, settings_file::parse),
            None => HashMap::new(),
        };
        for layer in [layer, dot_env, process] {
            environment.add(layer);
        }
        environment.settle();
        environment
    }

    /// With more variables above all others.
    #[must_use]
    pub fn with(mut self, variables: HashMap<String, String>) -> Self {
        self.add(variables);
        self.settle();
        self
    }

    /// Whether somebody gave a variable a value.
    pub fn has(&self, name: &str) -> bool {
        text_in(&self.given, name).is_some_and(|value| !value.trim().is_empty())
    }

    /// Files that cannot be read, variables that are no text: each as one line.
    pub fn problems(&self) -> &[SourceError] {
        &self.problems
    }

    /// The files that settings came from.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Names that begin like ours and are none of ours, in alphabetical order.
    pub fn unknown_names(&self) -> Vec<UnknownName> {
        known::unknown(&self.written, &self.get(PROVIDERS).unwrap_or_default())
    }

    /// Says in the log which names are none of ours; at the start of a server.
    pub fn warn_of_unknown_names(&self) {
        for unknown in self.unknown_names() {
            tracing::warn!(
                event = "settings.unknown_name",
                name = unknown.name,
                nearest = unknown.nearest,
                "a variable is no setting and changes nothing; is the nearest one meant?"
            );
        }
    }

    /// What is text. What is not is a problem only where a setting of ours is meant.
    fn texts(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> HashMap<String, String> {
        let mut texts = HashMap::new();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => drop(texts.insert(name, value)),
                Err(_) if is_known(&name) => self.problem(
                    name,
                    "its value in the environment is not text; write it as UTF-8".into(),
                ),
                Err(_) => {}
            }
        }
        texts
    }

    fn dot_env(&mut self, file: &Path) -> HashMap<String, String> {
        if !file.exists() {
            return HashMap::new();
        }
        self.read_with(file, |text| {
            env_file::parse(text).map_err(|bad| {
                format!(
                    "line {} is not NAME=value; a value with blanks, quotes or backslashes needs quotes \
                     around it: NAME='two words'",
                    bad.0
                )
            })
        })
    }

    fn read_with(
        &mut self,
        path: &Path,
        parse: impl Fn(&str) -> Result<HashMap<String, String>, String>,
    ) -> HashMap<String, String> {
        self.files.push(path.to_owned());
        match text::read(path).and_then(|text| parse(&text)) {
            Ok(variables) => variables,
            Err(problem) => {
                self.problem(path.display().to_string(), problem);
                HashMap::new()
            }
        }
    }

    fn problem(&mut self, place: String, problem: String) {
        self.problems.push(SourceError { place, problem });
    }

    /// A layer over those before it. Settings are written in capitals; nothing else is looked at.
    fn add(&mut self, mut layer: HashMap<String, String>) {
        layer.retain(|name, _| is_setting_name(name));
        self.resolve_files(&mut layer);
        match merged(&self.given, &layer) {
            Ok(given) => self.given = given,
            Err(error) => self.problem("settings".into(), error.to_string()),
        }
        self.written.extend(layer);
    }

    /// Puts in what `<NAME>_FILE` names, unless the layer has the variable itself.
    fn resolve_files(&mut self, layer: &mut HashMap<String, String>) {
        let files: Vec<(String, PathBuf)> = layer
            .iter()
            .filter(|(_, path)| !path.trim().is_empty())
            .filter_map(|(name, path)| Some((name.strip_suffix("_FILE")?.to_owned(), path.into())))
            .filter(|(name, _)| {
                let is_there = layer
                    .get(name)
                    .is_some_and(|value| !value.trim().is_empty());
                is_secret(name) && !is_there
            })
            .collect();
        for (name, path) in files {
            self.files.push(path.clone());
            match text::read(&path) {
                Ok(text) => {
                    drop(layer.insert(name, text.trim_end_matches(['\n', '\r']).to_owned()));
                }
                Err(error) => {
                    self.problem(
                        format!("{name}_FILE"),
                        format!("{}: {error}", path.display()),
                    );
                }
            }
        }
    }

    fn settle(&mut self) {
        let defaults = groups().into_iter().flat_map(|group| group.settings);
        let defaults: HashMap<String, String> = defaults
            .filter(|setting| is_setting_name(setting.name) && !setting.default.is_empty())
            .map(|setting| (setting.name.to_owned(), setting.default))
            .collect();
        let settled = merged(&Config::default(), &defaults).and_then(|below| {
            let layers = Config::builder().add_source(below);
            layers.add_source(self.given.clone()).build()
        });
        match settled {
            Ok(settled) => self.settled = settled,
            Err(error) => self.problem("settings".into(), error.to_string()),
        }
    }
}

impl Source for Environment {
    fn get(&self, name: &str) -> Option<String> {
        text_in(&self.settled, name)
    }
}

/// `layer` over `below`. Nothing is parsed: a password may look like a number (`0123`, `1e5`).
fn merged(below: &Config, layer: &HashMap<String, String>) -> Result<Config, ConfigError> {
    let layer = config::Environment::default()
        .try_parsing(false)
        .source(Some(layer.clone()));
    let layers = Config::builder().add_source(below.clone());
    layers.add_source(layer).build()
}

/// `config` folds the names of variables to lower case; ours are all capitals.
fn text_in(config: &Config, name: &str) -> Option<String> {
    config.get_string(&name.to_ascii_lowercase()).ok()
}

fn is_setting_name(name: &str) -> bool {
    let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(is_capital)
}

/// Only secrets and connection strings are handed out as files.
fn is_secret(name: &str) -> bool {
    [
        "SECRET_KEY",
        "SECRET_KEYS",
        "CLIENT_SECRET",
        "PASSWORD",
        "DATABASE_URL",
        "REDIS_URL",
    ]
    .iter()
    .any(|part| name.ends_with(part))
}

#[cfg(test)]
mod tests;

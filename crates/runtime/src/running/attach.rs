//! Commands that are typed in a folder where a system of `up` runs are meant for that system.

use std::{collections::HashMap, path::Path};

use gatewright_domain::settings::Source as _;

use super::{DevFolder, State, running};
use crate::environment::Environment;

/// The address that the example of `.env` names.
pub const EXAMPLE_API_URL: &str = "http://127.0.0.1:5001";

/// Any of these says that PostgreSQL runs elsewhere.
const DB_VARIABLES: [&str; 6] = [
    "DATABASE_URL",
    "DB_HOST",
    "DB_PORT",
    "DB_USERNAME",
    "DB_PASSWORD",
    "DB_DATABASE",
];
/// Any of these says that Redis runs elsewhere.
const REDIS_VARIABLES: [&str; 7] = [
    "REDIS_URL",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_USERNAME",
    "REDIS_PASSWORD",
    "REDIS_SENTINELS",
    "REDIS_CLUSTERS",
];

/// Whether the settings name a PostgreSQL.
pub fn names_postgres(environment: &Environment) -> bool {
    DB_VARIABLES.iter().any(|name| environment.has(name))
}

/// Whether the settings name a Redis.
pub fn names_redis(environment: &Environment) -> bool {
    REDIS_VARIABLES.iter().any(|name| environment.has(name))
}

/// The settings, with the addresses of the system that runs in `folder` where nobody named others.
#[must_use]
pub fn attach_running_system(environment: Environment, folder: &Path) -> Environment {
    let state = DevFolder::existing(folder).and_then(|folder| running(&folder));
    match state {
        Some(state) => add(environment, &state),
        None => environment,
    }
}

fn add(environment: Environment, state: &State) -> Environment {
    let mut variables = HashMap::new();
    let mut name = |variable: &str, value: &str| {
        if !value.is_empty() {
            variables.insert(variable.to_owned(), value.to_owned());
        }
    };
    if !names_postgres(&environment) {
        name("DATABASE_URL", &state.db_url);
    }
    if !names_redis(&environment) {
        name("REDIS_URL", &state.redis_url);
    }
    let url = environment.get("CONSOLE_API_URL");
    if url.is_none_or(|url| url == EXAMPLE_API_URL) {
        name("CONSOLE_API_URL", &state.api_url);
    }
    environment.with(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attach_keeps_variables_that_are_set_explicitly() {
        let state = State {
            db_url: "postgres://dev".into(),
            redis_url: "redis://dev".into(),
            api_url: "http://127.0.0.1:5099".into(),
            ..State::default()
        };
        let named = [
            ("DB_HOST", "elsewhere"),
            ("CONSOLE_API_URL", EXAMPLE_API_URL),
        ];
        let named = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = add(Environment::from_variables(named.into()), &state);
        assert_eq!(environment.get("DATABASE_URL"), None);
        assert_eq!(environment.get("REDIS_URL").unwrap(), "redis://dev");
        assert_eq!(
            environment.get("CONSOLE_API_URL").unwrap(),
            "http://127.0.0.1:5099"
        );
    }
}

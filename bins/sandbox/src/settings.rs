//! Settings, by the names that Dify's sandbox has.

use std::{path::PathBuf, time::Duration};

use gatewright_domain::{Secret, settings, settings::SettingError};
use gatewright_sandbox::{Limits, SandboxSettings, child::own_program};

settings! {
    /// The sandbox on its own (`sandbox`): what it is called by, and what programs may use.
    pub struct ServerSettings {
        /// The key that callers send as `X-Api-Key`. There is no default: whoever knows it runs programs here.
        API_KEY => api_key: Option<Secret> = None, "a-key-of-your-own";
        /// The address that it listens at: the loopback unless a network of its own says who can call.
        SANDBOX_BIND_ADDRESS => bind_address: String = "127.0.0.1".into(), "0.0.0.0";
        /// The port that it listens at.
        SANDBOX_PORT => port: u16 = 8194, "8194";
        /// Seconds that a program may take.
        WORKER_TIMEOUT => seconds: u16 = 15, "15";
        /// Programs that run at a time.
        MAX_WORKERS => workers: u16 = 4, "4";
        /// Programs that run or wait for their turn; more are answered 503.
        MAX_REQUESTS => requests: u16 = 50, "50";
        /// Megabytes of memory that a program may take beside its interpreter.
        SANDBOX_MEMORY_MB => memory: u16 = 256, "256";
        /// Interpreters of each language that are started ahead, once one was used.
        SANDBOX_READY => ready: u16 = 2, "2";
        /// The Python that runs programs, whose packages they may import: Dify's templates need one that has jinja2. Unset: the system's, with its standard library alone.
        PYTHON_PATH => python: Option<PathBuf> = None, "/srv/python/bin/python3";
        /// The Node that runs programs. Unset: the system's.
        NODEJS_PATH => node: Option<PathBuf> = None, "/usr/bin/node";
    }
}

impl ServerSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let wrong = |name, problem: &str, example| {
            Err(SettingError {
                name,
                problem: problem.to_owned(),
                example,
            })
        };
        let key = self.api_key.as_ref().map_or("", Secret::expose);
        if key.trim().is_empty() {
            return wrong(
                "API_KEY",
                "there is none: whoever knows it runs programs here",
                "a-key-of-your-own",
            );
        }
        for (name, value, example) in [
            ("WORKER_TIMEOUT", self.seconds, "15"),
            ("MAX_WORKERS", self.workers, "4"),
            ("SANDBOX_MEMORY_MB", self.memory, "256"),
        ] {
            if value == 0 {
                return wrong(name, "no program could run", example);
            }
        }
        Ok(())
    }

    /// The sandbox; its children are this program again.
    pub fn sandbox(&self) -> SandboxSettings {
        SandboxSettings {
            helper: own_program(),
            python: self.python.clone(),
            node: self.node.clone(),
            proxy: None,
            limits: Limits {
                time: Duration::from_secs(self.seconds.into()),
                memory: u64::from(self.memory) << 20,
                ..Limits::default()
            },
            workers: self.workers.into(),
            queue: usize::from(self.requests.saturating_sub(self.workers)),
            ready: self.ready.into(),
        }
    }
}

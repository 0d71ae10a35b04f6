//! Hashing and checking passwords off the request threads, a bounded number at a time.

use std::sync::Arc;

use gatewright_auth::{
    Random,
    password::{self, Verdict},
};
use gatewright_domain::{Secret, error::Unavailable};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and tens of milliseconds: the semaphore bounds both.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    random: Arc<dyn Random>,
}

impl Passwords {
    /// At most `parallelism` hashes at the same time.
    pub fn new(parallelism: u32, random: Arc<dyn Random>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(parallelism as usize)),
            random,
        }
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &Secret) -> Result<String, Unavailable> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let password = password.clone();
        self.run(move || password::hash(password.expose(), &salt))
            .await?
            .map_err(|error| Unavailable::new("password hashing", error))
    }

    /// Compares with what is stored; the same work is done when nothing is.
    pub async fn verify(
        &self,
        password: &Secret,
        stored: Option<String>,
        salt: Option<String>,
    ) -> Result<Verdict, Unavailable> {
        let password = password.clone();
        self.run(move || password::verify(password.expose(), stored.as_deref(), salt.as_deref()))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|error| Unavailable::new("password hashing", error))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|error| Unavailable::new("password hashing", error))
    }
}

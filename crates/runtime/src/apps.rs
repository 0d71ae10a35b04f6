//! The use-cases of apps, built from settings.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use gatewright_auth::limits;
use gatewright_domain::error::Unavailable;
use gatewright_outbound::guard::{GuardedClient, Limits};
use gatewright_usecase_apps::{
    ApiExtensions, Apps, KeyGuesses, KeyRate, RemoteFile, SecretKeys, SystemParameters,
    VersionCache,
};
use http::{Request, StatusCode};

use crate::{judges::GuardedApi, platform::Platform, settings::ServerSettings};

/// What the file of an app may cost: its address, redirects included, has to answer within this time.
const FETCH: Duration = Duration::from_secs(10);

/// Fetches app files through the guard.
struct Guarded(GuardedClient);

impl RemoteFile for Guarded {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
        max_bytes: usize,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        Box::pin(async move {
            let request = Request::get(url).body(Vec::new().into());
            let request = request.map_err(|_| "the address is no URL".to_owned())?;
            let limits = Limits {
                head: FETCH,
                silence: FETCH,
                total: FETCH,
                ..Limits::default()
            };
            let reached = self.0.read(request, &limits, max_bytes).await;
            let response = reached.map_err(|error| error.to_string())?.response;
            if response.status() != StatusCode::OK {
                return Err(format!("the server answered {}", response.status()));
            }
            String::from_utf8(response.into_body()).map_err(|_| "the file is not UTF-8".to_owned())
        })
    }
}

/// The client for places that apps and people name: one of the process, for its connections are shared.
///
/// # Errors
/// When the settings say what cannot be, or the system's root certificates cannot be used.
pub(crate) fn guarded_client(settings: &ServerSettings) -> Result<GuardedClient, Unavailable> {
    let policy = settings.outbound.policy();
    let policy = policy.map_err(|error| Unavailable::new("the settings", error))?;
    let client = GuardedClient::new(policy);
    client.map_err(|error| Unavailable::new("the client for places that apps name", error))
}

/// Servers of others that workspaces have asked, through `client`.
pub(crate) fn extensions(platform: &Platform, client: GuardedClient) -> ApiExtensions {
    ApiExtensions {
        pool: platform.pool.clone(),
        env: platform.env.clone(),
        secrets: SecretKeys::new(&platform.master),
        remote: Arc::new(GuardedApi(client)),
    }
}

/// Apps of workspaces; files elsewhere come through `client`.
///
/// # Errors
/// When the list of apps for people without an account cannot be read.
pub(crate) fn apps(
    platform: &Platform,
    settings: &ServerSettings,
    client: GuardedClient,
) -> Result<Apps, Unavailable> {
    let external = settings.apps.external_apps();
    let files = &settings.files;
    let limits = limits::Limits::from(&settings.limits);
    Ok(Apps {
        pool: platform.pool.clone(),
        env: platform.env.clone(),
        secrets: SecretKeys::new(&platform.master),
        system_parameters: SystemParameters {
            image_file_size_limit: files.image_mb,
            video_file_size_limit: files.video_mb,
            audio_file_size_limit: files.audio_mb,
            file_size_limit: files.other_mb,
            workflow_file_upload_limit: files.files_of_a_run,
        },
        external: external.map_err(|error| Unavailable::new("the settings", error))?,
        remote_file: Some(Arc::new(Guarded(client))),
        versions: VersionCache::default(),
        key_guesses: KeyGuesses::new(platform.rate_limits(), limits.key_guess),
        key_rate: KeyRate::new(platform.rate_limits(), limits.app_key),
    })
}

//! Buckets: of servers that speak S3, of Azure, of Google.

use std::time::Duration;

use gatewright_domain::{Secret, error::Unavailable};
use object_store::{
    ObjectStore, RetryConfig, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};

use crate::{DEPENDENCY, ObjectSettings, kind::Kind, through::Through, unavailable};

/// How long a bucket may take for one request, all tries together.
const ANSWER: Duration = Duration::from_secs(20);

/// A bucket that speaks S3, as the settings describe it.
struct S3<'a> {
    /// Its server; none: AWS.
    endpoint: Option<&'a str>,
    name: &'a str,
    region: &'a str,
    /// The id and the secret of the key; none: the machine's own role.
    keys: Option<(&'a str, &'a Secret)>,
    is_virtual_hosted: bool,
}

/// The bucket that the settings name; none when they name a folder.
pub(crate) fn open(
    settings: &ObjectSettings,
    kind: Kind,
) -> Result<Option<Box<dyn ObjectStore>>, Unavailable> {
    let client = Through::new().map_err(|error| Unavailable::new(DEPENDENCY, error))?;
    let store: Box<dyn ObjectStore> = match kind {
        Kind::Folder => return Ok(None),
        Kind::S3 => speaks_s3(&s3(settings), client)?,
        Kind::OpendalS3 => speaks_s3(&opendal_s3(settings), client)?,
        Kind::AzureBlob => azure(settings, client)?,
        Kind::GoogleStorage => google(settings, client)?,
    };
    Ok(Some(store))
}

fn tries() -> RetryConfig {
    RetryConfig {
        max_retries: 2,
        retry_timeout: ANSWER,
        ..RetryConfig::default()
    }
}

fn s3(settings: &ObjectSettings) -> S3<'_> {
    let keys = settings.s3_access_key.as_deref();
    let keys = keys.zip(settings.s3_secret_key.as_ref());
    S3 {
        endpoint: settings.s3_endpoint.as_deref(),
        name: &settings.s3_bucket,
        region: &settings.s3_region,
        keys: keys.filter(|_| !settings.s3_managed),
        is_virtual_hosted: settings.s3_address_style == "virtual",
    }
}

fn opendal_s3(settings: &ObjectSettings) -> S3<'_> {
    let keys = settings.opendal_s3_access_key.as_deref();
    S3 {
        endpoint: settings.opendal_s3_endpoint.as_deref(),
        name: &settings.opendal_s3_bucket,
        region: &settings.opendal_s3_region,
        keys: keys.zip(settings.opendal_s3_secret_key.as_ref()),
        is_virtual_hosted: false,
    }
}

fn speaks_s3(bucket: &S3<'_>, client: Through) -> Result<Box<dyn ObjectStore>, Unavailable> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket.name)
        .with_region(bucket.region)
        .with_virtual_hosted_style_request(bucket.is_virtual_hosted)
        // Object stores in one's own network often speak plain HTTP: what the operator wrote is meant.
        .with_allow_http(true)
        // Not every server that speaks S3 deletes in bulk; here one object goes at a time.
        .with_disable_bulk_delete(true)
        .with_retry(tries())
        .with_http_connector(client);
    if let Some(endpoint) = bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, secret)) = bucket.keys {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose());
    }
    Ok(Box::new(builder.build().map_err(unavailable)?))
}

fn azure(settings: &ObjectSettings, client: Through) -> Result<Box<dyn ObjectStore>, Unavailable> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(&settings.azure_account)
        .with_container_name(&settings.azure_container)
        .with_allow_http(true)
        .with_retry(tries())
        .with_http_connector(client);
    if let Some(key) = &settings.azure_key {
        builder = builder.with_access_key(key.expose());
    }
    if let Some(url) = &settings.azure_url {
        builder = builder.with_endpoint(url.trim_end_matches('/').to_owned());
    }
    Ok(Box::new(builder.build().map_err(unavailable)?))
}

fn google(settings: &ObjectSettings, client: Through) -> Result<Box<dyn ObjectStore>, Unavailable> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&settings.google_bucket)
        .with_retry(tries())
        .with_http_connector(client);
    // One that cannot be read stopped the start.
    let account = settings.google_account_json().unwrap_or_default();
    if !account.expose().is_empty() {
        builder = builder.with_service_account_key(account.expose());
    }
    Ok(Box::new(builder.build().map_err(unavailable)?))
}

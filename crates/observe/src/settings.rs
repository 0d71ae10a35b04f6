//! Where figures are shown, and where spans are sent.

use std::{net::IpAddr, time::Duration};

use gatewright_domain::{Secret, settings, settings::SettingError};

use crate::trace::{Collector, Sampler};

settings! {
    /// Figures for Prometheus.
    pub struct MetricsSettings {
        /// Address at which `/metrics` is served, on a listener of its own: nobody is asked who they are there.
        GATEWRIGHT_METRICS_BIND_ADDRESS => bind_address: String = "127.0.0.1".into(), "127.0.0.1";
        /// Port of `/metrics` of the API server; 0: any that is free, which the log names; unset: there is none.
        GATEWRIGHT_METRICS_PORT => port: Option<u16> = None, "9464";
        /// The same of a worker.
        GATEWRIGHT_WORKER_METRICS_PORT => worker_port: Option<u16> = None, "9465";
    }
}

impl MetricsSettings {
    fn validate(&self) -> Result<(), SettingError> {
        self.address().map(drop)
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// When it is no IP address; never after the settings were loaded.
    pub fn address(&self) -> Result<IpAddr, SettingError> {
        self.bind_address.trim().parse().map_err(|_| SettingError {
            name: "GATEWRIGHT_METRICS_BIND_ADDRESS",
            problem: format!("`{}` is not an IP address", self.bind_address),
            example: "127.0.0.1",
        })
    }
}

settings! {
    /// Spans for OpenTelemetry, by the names of its specification.
    pub struct TraceSettings {
        /// A collector that speaks OTLP over HTTP; spans go to `/v1/traces` below it. Unset: nothing is traced.
        OTEL_EXPORTER_OTLP_ENDPOINT => endpoint: Option<String> = None, "http://127.0.0.1:4318";
        /// Headers for the collector, `name=value` with commas between; values are percent-encoded. A secret: keys stand in it.
        OTEL_EXPORTER_OTLP_HEADERS => headers: Option<Secret> = None, "authorization=Bearer%20key";
        /// `http/protobuf`: the one way that is spoken.
        OTEL_EXPORTER_OTLP_PROTOCOL => protocol: String = "http/protobuf".into(), "http/protobuf";
        /// Milliseconds that the collector may take for a batch; what it did not take by then is dropped and counted.
        OTEL_EXPORTER_OTLP_TIMEOUT => timeout_ms: u32 = 10_000, "10000";
        /// What the process is called; unset: `gatewright-api`. Only the API server has spans.
        OTEL_SERVICE_NAME => service_name: Option<String> = None, "gatewright";
        /// What else is said of the process, `name=value` with commas between; values are percent-encoded.
        OTEL_RESOURCE_ATTRIBUTES => resource_attributes: String = String::new(), "deployment.environment.name=production";
        /// `always_on`, `always_off`, `traceidratio`, or one of them behind `parentbased_`: then the decision of a caller counts that comes through a proxy in `GATEWRIGHT_TRUSTED_PROXIES`. Of a run its id decides, alike in every process.
        OTEL_TRACES_SAMPLER => sampler: String = "parentbased_always_on".into(), "parentbased_traceidratio";
        /// The part of traces that `traceidratio` keeps, from 0 to 1; unset: all.
        OTEL_TRACES_SAMPLER_ARG => sampler_argument: Option<f64> = None, "0.1";
    }
}

impl TraceSettings {
    fn validate(&self) -> Result<(), SettingError> {
        self.sampler()?;
        self.resource()?;
        self.collector().map(drop)
    }

    /// Which traces are kept.
    ///
    /// # Errors
    /// A name or a part that there is none of; never after the settings were loaded.
    pub fn sampler(&self) -> Result<Sampler, SettingError> {
        let part = self.sampler_argument.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&part) {
            return Err(SettingError {
                name: "OTEL_TRACES_SAMPLER_ARG",
                problem: format!("{part} is not a number from 0 to 1"),
                example: "0.1",
            });
        }
        Sampler::named(self.sampler.trim(), part).ok_or_else(|| SettingError {
            name: "OTEL_TRACES_SAMPLER",
            problem: format!("`{}` is no sampler that is known here", self.sampler),
            example: "parentbased_traceidratio",
        })
    }

    /// What is said of the process, pair by pair.
    ///
    /// # Errors
    /// What is no list of pairs; never after the settings were loaded.
    pub fn resource(&self) -> Result<Vec<(String, String)>, SettingError> {
        pairs(&self.resource_attributes).ok_or_else(|| SettingError {
            name: "OTEL_RESOURCE_ATTRIBUTES",
            problem: "it is no list of `name=value` with commas between".into(),
            example: "deployment.environment.name=production",
        })
    }

    /// Where spans are sent; none where nothing is traced.
    ///
    /// # Errors
    /// What is no address, no header or no protocol that is spoken; never after the settings were loaded.
    pub fn collector(&self) -> Result<Option<Collector>, SettingError> {
        let Some(endpoint) = &self.endpoint else {
            return Ok(None);
        };
        if self.protocol.trim() != "http/protobuf" {
            return Err(SettingError {
                name: "OTEL_EXPORTER_OTLP_PROTOCOL",
                problem: format!("`{}` is not spoken", self.protocol),
                example: "http/protobuf",
            });
        }
        let headers = self.headers.as_ref().map_or("", Secret::expose);
        let headers = pairs(headers).ok_or_else(|| SettingError {
            name: "OTEL_EXPORTER_OTLP_HEADERS",
            problem: "it is no list of `name=value` with commas between".into(),
            example: "authorization=Bearer%20key",
        })?;
        let timeout = Duration::from_millis(u64::from(self.timeout_ms.max(1)));
        Collector::new(endpoint.trim(), &headers, timeout).map(Some)
    }
}

/// `name=value` with commas between, values percent-encoded.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split(',').map(str::trim).filter(|one| !one.is_empty());
    let pair = |one: &str| {
        let (name, value) = one.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim());
        let value = value.decode_utf8().ok()?.into_owned();
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value))
    };
    parts.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use gatewright_domain::settings::Settings as _;

    use super::*;

    fn load(name: &'static str, value: &'static str) -> Result<TraceSettings, SettingError> {
        TraceSettings::load(&move |asked: &str| match asked {
            "OTEL_EXPORTER_OTLP_ENDPOINT" if name != asked => Some("http://127.0.0.1:4318".into()),
            _ => (asked == name).then(|| value.to_owned()),
        })
    }

    #[test]
    fn setting_of_traces_that_cannot_be_is_refused_by_its_name_and_no_secret_is_shown() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hush"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hush"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hush%0Ahush"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_TRACES_SAMPLER_ARG", "2"),
            ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
            ("OTEL_RESOURCE_ATTRIBUTES", "alone"),
        ] {
            let error = load(name, value).expect_err(value);
            assert_eq!(error.name, name, "{value}");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn values_of_pairs_are_percent_decoded_and_without_an_endpoint_there_is_no_collector() {
        let read = pairs("a=Bearer%20key, b=1=2 ,").expect("two pairs");
        let expected = [("a", "Bearer key"), ("b", "1=2")];
        assert_eq!(read, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(
            TraceSettings::default()
                .collector()
                .map(|one| one.is_none()),
            Ok(true)
        );
        let set = load("OTEL_EXPORTER_OTLP_HEADERS", "a=b").expect("it is right");
        assert!(set.collector().expect("it is right").is_some());
    }

    #[test]
    fn figures_are_shown_on_the_loopback_and_off_unless_somebody_says_otherwise() {
        let settings = MetricsSettings::default();
        assert!(settings.address().expect("an address").is_loopback());
        assert_eq!((settings.port, settings.worker_port), (None, None));
    }
}

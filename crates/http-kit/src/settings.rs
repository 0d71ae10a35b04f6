//! Settings of the edge.

use gatewright_domain::{client_address::TrustedProxies, settings, settings::SettingError};

settings! {
    /// The HTTP server.
    pub struct HttpSettings {
        /// Address to listen on.
        DIFY_BIND_ADDRESS => bind_address: String = "0.0.0.0".into(), "127.0.0.1";
        /// Port to listen on.
        DIFY_PORT => port: u16 = 5001, "5001";
        /// Threads that serve requests; 0 is one per core.
        SERVER_WORKER_AMOUNT => workers: u16 = 0, "2";
        /// Proxies whose `X-Forwarded-For` is believed, as CIDRs; empty: nobody's.
        GATEWRIGHT_TRUSTED_PROXIES => trusted_proxies: TrustedProxies = TrustedProxies::default(), "10.0.0.0/8,192.168.0.1";
        /// Origins that may call `/openapi/v1` from a browser, with credentials.
        OPENAPI_CORS_ALLOW_ORIGINS => openapi_origins: Vec<String> = vec![], "https://app.example.com";
        /// Origins that may call `/console/api` from a browser, with credentials; `CONSOLE_WEB_URL` always may. `*` is ignored.
        CONSOLE_CORS_ALLOW_ORIGINS => console_origins: Vec<String> = vec![], "https://console.example.com";
        /// Origins whose pages may call `/api`, where web apps are; `*`: any.
        WEB_API_CORS_ALLOW_ORIGINS => web_origins: Vec<String> = vec!["*".into()], "https://www.example.com";
        /// Origins whose pages may show the pages of apps in a frame, as `embed.min.js` does; `*`: any; `none`: none but ours.
        GATEWRIGHT_EMBED_ORIGINS => embed_origins: Vec<String> = vec!["*".into()], "https://www.example.com";
        /// Seconds that a shutdown waits for running requests.
        GATEWRIGHT_SHUTDOWN_SECONDS => shutdown_seconds: u16 = 30, "30";
    }
}

impl HttpSettings {
    fn validate(&self) -> Result<(), SettingError> {
        match self.bind_address.parse::<std::net::IpAddr>() {
            Ok(_) => Ok(()),
            Err(_) => Err(SettingError {
                name: "DIFY_BIND_ADDRESS",
                problem: format!("`{}` is not an IP address", self.bind_address),
                example: "127.0.0.1",
            }),
        }
    }
}

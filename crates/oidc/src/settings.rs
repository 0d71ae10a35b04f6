//! Settings of the identity providers: a list of names, and a group of variables for each.

use std::time::Duration;

use gatewright_auth::sso::ProviderName;
use gatewright_domain::{
    Secret,
    external_subject::SubjectIssuer,
    settings::{SettingDoc, SettingError, SettingValue, Settings, Source, read},
};
use url::{Host, Url};

const NAMES: &str = "GATEWRIGHT_OIDC_PROVIDERS";
const ISSUER: &str = "GATEWRIGHT_OIDC_<NAME>_ISSUER";
const CLIENT_ID: &str = "GATEWRIGHT_OIDC_<NAME>_CLIENT_ID";
const CLIENT_SECRET: &str = "GATEWRIGHT_OIDC_<NAME>_CLIENT_SECRET";
const LABEL: &str = "GATEWRIGHT_OIDC_<NAME>_LABEL";
const SCOPES: &str = "GATEWRIGHT_OIDC_<NAME>_SCOPES";
const AUDIENCES: &str = "GATEWRIGHT_OIDC_<NAME>_AUDIENCES";
const TIMEOUT: &str = "GATEWRIGHT_OIDC_TIMEOUT_SECONDS";
const DEFAULT_TIMEOUT: u16 = 10;
/// Four exchanges of this length end before proxies lose patience, which is usually after a minute.
const MAX_TIMEOUT: u16 = 14;
const DEFAULT_SCOPES: &str = "email,profile";

/// The settings of one OpenID Connect provider.
#[derive(Debug, Clone)]
pub struct OidcProviderSettings {
    /// Its name in URLs and settings.
    pub name: ProviderName,
    /// What people call it.
    pub label: String,
    /// Its issuer identifier, to the character.
    pub issuer: SubjectIssuer,
    /// Our client there.
    pub client_id: String,
    /// Its secret; none for a public client.
    pub client_secret: Option<Secret>,
    /// Scopes besides `openid`.
    pub scopes: Vec<String>,
    /// Whom its ID tokens may be for besides us.
    pub audiences: Vec<String>,
}

/// All providers, in their order; the first is the one that the device page offers by default.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// The providers, in the order of `GATEWRIGHT_OIDC_PROVIDERS`.
    pub providers: Vec<OidcProviderSettings>,
    /// What one exchange with one of them may take.
    pub timeout: Duration,
}

impl Settings for OidcSettings {
    fn load(source: &dyn Source) -> Result<Self, SettingError> {
        let names: Vec<String> = read(source, NAMES, "corp,google", vec![])?;
        let mut providers: Vec<OidcProviderSettings> = vec![];
        for name in names {
            let provider = load_provider(source, &name)?;
            let taken = providers
                .iter()
                .any(|p| p.name == provider.name || p.issuer == provider.issuer);
            if taken {
                return Err(problem(
                    NAMES,
                    format!("`{name}` has the name or issuer of another one"),
                ));
            }
            providers.push(provider);
        }
        Ok(Self {
            providers,
            timeout: load_timeout(source)?,
        })
    }

    fn docs() -> Vec<SettingDoc> {
        let doc = |name, about, default: &str, example| SettingDoc {
            name,
            about,
            default: default.to_owned(),
            example,
        };
        vec![
            doc(
                NAMES,
                "Names of OpenID Connect providers, comma-separated, each 1 to 16 of `a-z 0-9 -`. The first is the default of the SSO branch.",
                "",
                "corp,google",
            ),
            doc(
                ISSUER,
                "Issuer identifier of a provider (the name in capitals, `-` as `_`). https; http on this machine only.",
                "",
                "https://login.corp.example",
            ),
            doc(
                CLIENT_ID,
                "Our client id there. Redirect URI to register: `<CONSOLE_API_URL>/console/api/oauth/authorize/<name>`.",
                "",
                "gatewright",
            ),
            doc(
                CLIENT_SECRET,
                "The client's secret; unset for a public client (PKCE is used either way).",
                "",
                "a-long-random-text",
            ),
            doc(
                LABEL,
                "What people call the provider; default: its name.",
                "",
                "Corporate login",
            ),
            doc(
                SCOPES,
                "Scopes besides `openid`, comma-separated.",
                DEFAULT_SCOPES,
                "email,profile,groups",
            ),
            doc(
                AUDIENCES,
                "Whom ID tokens of a provider may be for besides us, comma-separated. Needed when a token is for several and has no `azp`, which would say that it is for us.",
                "",
                "project-of-the-provider",
            ),
            doc(
                TIMEOUT,
                "Seconds that one exchange with a provider may take, 1 to 14.",
                "10",
                "10",
            ),
        ]
    }
}

fn load_timeout(source: &dyn Source) -> Result<Duration, SettingError> {
    let seconds: u16 = read(source, TIMEOUT, "10", DEFAULT_TIMEOUT)?;
    if (1..=MAX_TIMEOUT).contains(&seconds) {
        Ok(Duration::from_secs(seconds.into()))
    } else {
        Err(SettingError {
            name: TIMEOUT,
            problem: format!("`{seconds}` is not 1 to {MAX_TIMEOUT}"),
            example: "10",
        })
    }
}

fn problem(name: &'static str, problem: String) -> SettingError {
    SettingError {
        name,
        problem,
        example: "corp,google",
    }
}

fn load_provider(source: &dyn Source, text: &str) -> Result<OidcProviderSettings, SettingError> {
    let name: ProviderName = text
        .parse()
        .map_err(|error| problem(NAMES, format!("`{text}`: {error}")))?;
    let own = name.as_str().to_uppercase().replace('-', "_");
    let get = |setting: &'static str| {
        let variable = setting.replace("<NAME>", &own);
        let value = source.get(&variable).map(|value| value.trim().to_owned());
        (variable, value.filter(|value| !value.is_empty()))
    };
    let need = |setting: &'static str, example: &'static str| {
        let (variable, value) = get(setting);
        value.ok_or(SettingError {
            name: setting,
            problem: format!("{variable} is not set, but `{text}` is in {NAMES}"),
            example,
        })
    };
    let issuer = need(ISSUER, "https://login.corp.example")?;
    let refused = |problem: &str| SettingError {
        name: ISSUER,
        problem: format!("`{issuer}` of `{text}` {problem}"),
        example: "https://login.corp.example",
    };
    check_issuer(&issuer).map_err(refused)?;
    Ok(OidcProviderSettings {
        issuer: issuer.parse().map_err(|_| refused("is too long"))?,
        client_id: need(CLIENT_ID, "gatewright")?,
        client_secret: get(CLIENT_SECRET).1.map(Secret::new),
        label: get(LABEL).1.unwrap_or_else(|| name.to_string()),
        scopes: Vec::parse_setting(&get(SCOPES).1.unwrap_or_else(|| DEFAULT_SCOPES.into()))
            .map_err(|error| problem(SCOPES, error))?,
        audiences: Vec::parse_setting(&get(AUDIENCES).1.unwrap_or_default())
            .map_err(|error| problem(AUDIENCES, error))?,
        name,
    })
}

/// An issuer is an https URL without query and fragment (OpenID Connect Discovery §3).
fn check_issuer(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an absolute URL")?;
    let is_local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        _ if url.query().is_some() || url.fragment().is_some() => Err("has a query or a fragment"),
        "https" => Ok(()),
        "http" if is_local => Ok(()),
        "http" => Err("is http on another machine; anybody in between could be the provider"),
        _ => Err("is not https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<OidcSettings, SettingError> {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        OidcSettings::load(&move |name: &str| {
            pairs
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn providers_keep_the_order_of_the_settings() {
        let settings = load(&[
            (NAMES, "corp-a,b"),
            ("GATEWRIGHT_OIDC_CORP_A_ISSUER", "https://a.example/"),
            ("GATEWRIGHT_OIDC_CORP_A_CLIENT_ID", "one"),
            ("GATEWRIGHT_OIDC_CORP_A_CLIENT_SECRET", "0123"),
            ("GATEWRIGHT_OIDC_B_ISSUER", "http://127.0.0.1:9"),
            ("GATEWRIGHT_OIDC_B_CLIENT_ID", "two"),
            ("GATEWRIGHT_OIDC_B_LABEL", "Bee"),
        ])
        .unwrap();
        let [a, b] = settings.providers.as_slice() else {
            panic!("two providers")
        };
        assert_eq!(
            (a.label.as_str(), a.issuer.as_str()),
            ("corp-a", "https://a.example/")
        );
        assert_eq!(a.client_secret.as_ref().unwrap().expose(), "0123");
        assert_eq!((b.label.as_str(), b.client_secret.is_none()), ("Bee", true));
        assert_eq!(b.scopes, ["email", "profile"]);
        assert!(b.audiences.is_empty());
        assert_eq!(settings.timeout, Duration::from_secs(10));
    }

    #[test]
    fn e4_provider_timeout_is_one_to_fourteen_seconds() {
        let timeout = |text: &str| load(&[(TIMEOUT, text)]).map(|settings| settings.timeout);
        assert_eq!(timeout("3").unwrap(), Duration::from_secs(3));
        for bad in ["0", "15", "soon"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn provider_settings_that_are_invalid_are_named() {
        let issuer = |issuer: &str| {
            load(&[
                (NAMES, "b"),
                ("GATEWRIGHT_OIDC_B_ISSUER", issuer),
                ("GATEWRIGHT_OIDC_B_CLIENT_ID", "two"),
            ])
        };
        for bad in [
            "idp",
            "http://idp.example",
            "ftp://idp",
            "https://idp.example?x=1",
        ] {
            let error = issuer(bad).unwrap_err();
            assert!(error.to_string().contains("of `b`"), "{error}");
        }
        let error = load(&[(NAMES, "b")]).unwrap_err().to_string();
        assert!(
            error.contains("GATEWRIGHT_OIDC_B_ISSUER is not set"),
            "{error}"
        );
        assert!(load(&[(NAMES, "B!")]).is_err());
        assert!(load(&[]).unwrap().providers.is_empty());
    }
}

//! Where about a network address is: coarse, offline, from a file in `MaxMind`'s format, or unknown.

use std::{net::IpAddr, path::Path, sync::Arc};

use gatewright_domain::error::Unavailable;
use maxminddb::{Reader, geoip2};

/// Looks addresses up; without a file it knows none.
#[derive(Clone, Default)]
pub struct GeoIp(Option<Arc<Reader<Vec<u8>>>>);

impl GeoIp {
    /// Reads a file of countries or cities whole. One of countries takes about 10 MB, one of cities 70.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn open(file: Option<&str>) -> Result<Self, Unavailable> {
        let Some(file) = file.filter(|file| !file.is_empty()) else {
            return Ok(Self(None));
        };
        let reader = Reader::open_readfile(Path::new(file)).map_err(|error| {
            Unavailable::new("GATEWRIGHT_GEOIP_DATABASE", format!("{file}: {error}"))
        })?;
        Ok(Self(Some(Arc::new(reader))))
    }

    /// Town and country, or the country alone, in Chinese where that is wanted and known.
    pub fn find(&self, address: IpAddr, is_chinese: bool) -> Option<String> {
        let found = self.0.as_ref()?.lookup(address).ok()?;
        let found: geoip2::City = found.decode().ok().flatten()?;
        let of = |names: geoip2::Names| {
            let chinese = names.simplified_chinese.filter(|_| is_chinese);
            chinese.or(names.english).map(str::to_owned)
        };
        let (town, country) = (of(found.city.names), of(found.country.names));
        match (town, country) {
            (Some(town), Some(country)) if is_chinese => Some(format!("{country}{town}")),
            (Some(town), Some(country)) => Some(format!("{town}, {country}")),
            (town, country) => country.or(town),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::GeoIp;

    const FILE: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/geo_ip.mmdb"
    );

    #[test]
    fn geo_ip_shows_the_known_parts_in_both_languages() {
        let geo_ip = GeoIp::open(Some(FILE)).unwrap();
        for (address, english, chinese) in [
            ("127.0.0.1", Some("Berlin, Germany"), Some("德国柏林")),
            ("192.0.2.7", Some("Germany"), Some("德国")),
            ("2001:db8::7", Some("Paris, France"), Some("法国巴黎")),
            ("198.51.100.1", None, None),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(geo_ip.find(address, false).as_deref(), english);
            assert_eq!(geo_ip.find(address, true).as_deref(), chinese);
        }
    }

    #[test]
    fn geo_ip_without_a_file_is_none_and_an_invalid_file_is_refused() {
        let nothing = GeoIp::open(None).unwrap();
        assert_eq!(nothing.find("127.0.0.1".parse().unwrap(), false), None);
        let wrong = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(GeoIp::open(Some(wrong)).is_err());
        assert!(GeoIp::open(Some("/nowhere.mmdb")).is_err());
    }
}

//! Addresses outside that others name: asked only where they are public, whatever a name server says.
//!
//! The addresses that were looked at are the ones that are connected to: names are resolved here, once for each connection, and
//! what is not public is left out before anybody connects. Redirects are not followed.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest address.
const ADDRESS_MAX: usize = 1_000;

/// Which addresses may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public ones, by TLS.
    Public,
    /// Those of this machine too, without TLS: for tests.
    AndThisMachine,
}

/// Why an address may not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// It is no address.
    #[error("it is no address of at most {ADDRESS_MAX} characters")]
    Form,
    /// It is not by TLS.
    #[error("it does not begin with https://")]
    Plain,
    /// It holds a name or a password.
    #[error("it holds a name or a password; messages are signed instead")]
    Credentials,
    /// It is of a network that is nobody's business.
    #[error("{0} is no public address")]
    NotPublic(IpAddr),
}

impl Reach {
    /// An address as it may be asked, as far as that can be said before its name is looked up.
    ///
    /// # Errors
    /// Why it may not.
    pub fn url(self, address: &str) -> Result<Url, NotAsked> {
        if address.len() > ADDRESS_MAX {
            return Err(NotAsked::Form);
        }
        let url = Url::parse(address).map_err(|_| NotAsked::Form)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAsked::Credentials);
        }
        let host = url.host_str().ok_or(NotAsked::Form)?;
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        if let Some(literal) = literal.filter(|literal| !self.takes(*literal)) {
            return Err(NotAsked::NotPublic(literal));
        }
        let is_here = literal.is_some_and(|literal| literal.is_loopback());
        match url.scheme() {
            "https" => Ok(url),
            "http" if self == Self::AndThisMachine && is_here => Ok(url),
            _ => Err(NotAsked::Plain),
        }
    }

    /// Whether an address of a network may be connected to.
    #[must_use]
    pub fn takes(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::AndThisMachine && address.is_loopback())
    }

    /// A client that connects nowhere else.
    #[must_use]
    pub fn client(self) -> Option<Client> {
        Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .dns_resolver(Arc::new(Looking(self)))
            .build()
            .ok()
    }
}

/// Looks names up and leaves out what may not be connected to.
struct Looking(Reach);

impl Resolve for Looking {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            public_of(reach, found.collect())
        })
    }
}

fn public_of(reach: Reach, found: Vec<SocketAddr>) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    // One that is not public makes the name suspect, and none of its addresses is asked.
    match found.iter().find(|one| !reach.takes(one.ip())) {
        Some(one) => Err(Box::new(NotAsked::NotPublic(one.ip()))),
        None => Ok(Box::new(found.into_iter())),
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(four: Ipv4Addr) -> bool {
    let [a, b, c, _] = four.octets();
    let is_special = four.is_private()
        || four.is_loopback()
        || four.is_link_local()
        || four.is_broadcast()
        || four.is_documentation()
        || four.is_multicast()
        || a == 0
        || a >= 240
        // Shared between a provider and its customers, of the IETF, of 6to4's relays, of benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

fn is_public_six(six: Ipv6Addr) -> bool {
    if let Some(four) = six.to_ipv4_mapped() {
        return is_public_four(four);
    }
    let [a, b, ..] = six.segments();
    // Global unicast, without documentation and without what carries an address of the other kind: Teredo, 6to4 and their like.
    let is_global = a & 0xe000 == 0x2000;
    let is_special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || a == 0x3fff;
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in [
            "93.184.216.34",
            "1.1.1.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for not in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fec0::1",
        ] {
            assert!(!is_public(not.parse().expect("an address")), "{not}");
        }
    }

    #[test]
    fn an_address_is_by_tls_and_public_however_it_is_written() {
        let check = |address: &str| Reach::Public.url(address).map(drop);
        assert_eq!(check("https://receiver.example/hook?x=1"), Ok(()));
        assert_eq!(check("https://1.1.1.1:8443/"), Ok(()));
        assert_eq!(check("http://receiver.example/"), Err(NotAsked::Plain));
        assert_eq!(check("file:///etc/passwd"), Err(NotAsked::Form));
        assert_eq!(check("ftp://receiver.example/"), Err(NotAsked::Plain));
        assert_eq!(
            check("https://a:b@receiver.example/"),
            Err(NotAsked::Credentials)
        );
        assert_eq!(check("receiver.example"), Err(NotAsked::Form));
        assert_eq!(
            check(&format!("https://x.example/{}", "a".repeat(1_000))),
            Err(NotAsked::Form)
        );
        let here = || IpAddr::from([127, 0, 0, 1]);
        // Whatever way of writing it, it is this machine.
        for address in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "127.0.0.1.",
        ] {
            let told = check(&format!("https://{address}/"));
            assert_eq!(told, Err(NotAsked::NotPublic(here())), "{address}");
        }
        let told = check("https://[::ffff:169.254.169.254]/latest/meta-data");
        assert!(matches!(told, Err(NotAsked::NotPublic(_))), "{told:?}");
        let test = Reach::AndThisMachine;
        assert!(test.url("http://127.0.0.1:9/").is_ok() && test.url("https://10.0.0.1/").is_err());
        assert_eq!(test.url("http://receiver.example/"), Err(NotAsked::Plain));
    }

    #[test]
    fn a_name_that_leads_inside_is_not_connected_to() {
        let of = |all: &[&str]| {
            let all = all
                .iter()
                .map(|one| one.parse().expect("an address"))
                .collect();
            public_of(Reach::Public, all).is_ok()
        };
        assert!(of(&["1.1.1.1:0", "[2606:4700::1111]:0"]));
        assert!(!of(&["10.0.0.1:0"]));
        assert!(
            !of(&["1.1.1.1:0", "127.0.0.1:0"]),
            "not even beside a public one"
        );
    }
}

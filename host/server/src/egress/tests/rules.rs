//! What the rules let through, without a socket.

use std::net::IpAddr;

use crate::egress::Rules;
use crate::egress::policy::Host;

/// Judges a URI whose host resolves to `resolved`; an address literal resolves to itself. Expects the addresses that may
/// be connected to, or a part of the refusal.
fn check(rules: &str, uri: &str, resolved: &[&str], expect: Result<&str, &str>) {
    let rules: Rules = toml::from_str(rules).unwrap();
    let judged = rules.admit(uri).and_then(|to| {
        let resolved: Vec<IpAddr> = match to.host() {
            Host::Address(address) => vec![*address],
            Host::Name(_) => resolved.iter().map(|text| text.parse().unwrap()).collect(),
        };
        rules.admit_addresses(&to, &resolved)
    });
    let judged = judged.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    match (judged, expect) {
        (Ok(got), Ok(expect)) => assert_eq!(got, expect, "{uri}"),
        (Err(refused), Err(part)) => assert!(refused.to_string().contains(part), "{uri}: {refused:?} has no {part:?}"),
        (got, expect) => panic!("{uri} {resolved:?}: {got:?} instead of {expect:?}"),
    }
}

const PUBLIC: &[&str] = &["93.184.216.34"];
const OK: Result<&str, &str> = Ok("93.184.216.34:443");
const NOT_LISTED: Result<&str, &str> = Err("is not allowed; an operator allows it by");

#[test]
fn hosts_must_be_listed() {
    let one =
        r#"allow = ["https://api.example.com", "http://plain.example:8080", "EXTRA.example.", "port.example:8443"]"#;
    check("", "https://api.example.com/", PUBLIC, NOT_LISTED);
    check(one, "https://api.example.com/a?b#c", PUBLIC, OK);
    check(one, "https://api.example.com:443/", PUBLIC, OK);
    check(one, "HTTPS://API.Example.COM./", PUBLIC, OK);
    check(one, "https://%61pi.example.com/", PUBLIC, OK);
    check(one, "https://ａｐｉ.example.com/", PUBLIC, OK);
    check(one, "https:\\\\api.example.com\\a", PUBLIC, OK);
    check(one, "https://extra.example", PUBLIC, OK);
    check(one, "https://port.example:8443", PUBLIC, Ok("93.184.216.34:8443"));
    check(one, "http://plain.example:8080", PUBLIC, Ok("93.184.216.34:8080"));
    check(one, "https://port.example", PUBLIC, NOT_LISTED);
    check(one, "http://plain.example", PUBLIC, NOT_LISTED);
    check(one, "https://plain.example:8080", PUBLIC, NOT_LISTED);
    check(one, "http://api.example.com/", PUBLIC, NOT_LISTED);
    check(one, "http://api.example.com:443/", PUBLIC, NOT_LISTED);
    check(one, "https://api.example.com:8443/", PUBLIC, NOT_LISTED);
    check(one, "https://api.example.com.evil.example/", PUBLIC, NOT_LISTED);
    check(one, "https://evil.example/?https://api.example.com/", PUBLIC, NOT_LISTED);
    check(one, "https://evil.example#.api.example.com", PUBLIC, NOT_LISTED);
    check(one, "https://evil.example\\.api.example.com", PUBLIC, NOT_LISTED);
    check(one, "https://xapi.example.com/", PUBLIC, NOT_LISTED);
    check(one, "https://apі.example.com/", PUBLIC, NOT_LISTED); // The last letter is a Cyrillic one.
    check(one, "https://93.184.216.34/", PUBLIC, NOT_LISTED);
    check(one, "https://localhost/", &["127.0.0.1"], NOT_LISTED);
}

#[test]
fn a_star_is_one_label() {
    let star = r#"allow = ["*.example.com", "http://*.example.org:81"]"#;
    check(star, "https://api.example.com", PUBLIC, OK);
    check(star, "http://api.example.org:81", PUBLIC, Ok("93.184.216.34:81"));
    check(star, "https://example.com", PUBLIC, NOT_LISTED);
    check(star, "https://.example.com", PUBLIC, NOT_LISTED);
    check(star, "https://a.b.example.com", PUBLIC, NOT_LISTED);
    check(star, "https://evilexample.com", PUBLIC, NOT_LISTED);
    check(star, "https://api.example.com.evil", PUBLIC, NOT_LISTED);
    check(star, "https://api.example.org:81", PUBLIC, NOT_LISTED);
    check(star, "http://api.example.com", PUBLIC, NOT_LISTED);
}

#[test]
fn uris_that_make_no_sense() {
    let all = r#"allow = ["https://api.example.com"]"#;
    check(all, "", PUBLIC, Err("the uri is not an absolute URL"));
    check(all, "/path", PUBLIC, Err("not an absolute URL"));
    check(all, "//api.example.com/", PUBLIC, Err("not an absolute URL"));
    check(all, "api.example.com", PUBLIC, Err("not an absolute URL"));
    check(all, "https://", PUBLIC, Err("not an absolute URL"));
    check(all, "https://api.example.com:99999/", PUBLIC, Err("not an absolute URL"));
    check(all, "https://[fe80::1%25eth0]/", PUBLIC, Err("not an absolute URL"));
    check(all, "https://256.1.1.1/", PUBLIC, Err("not an absolute URL"));
    check(all, "https://api.example.com:0/", PUBLIC, Err("no port that can be connected to"));
    check(all, "https://user@api.example.com/", PUBLIC, Err("a user name or a password"));
    check(all, "https://:secret@api.example.com/", PUBLIC, Err("a user name or a password"));
    check(all, "https://api.example.com@evil.example/", PUBLIC, Err("a user name or a password"));
    for scheme in ["ftp", "ws", "wss", "unix", "gopher"] {
        check(all, &format!("{scheme}://api.example.com/"), PUBLIC, Err("is neither http nor https"));
    }
    check(all, "file:///etc/passwd", PUBLIC, Err("is neither http nor https"));
    check(all, "data:text/plain,a", PUBLIC, Err("is neither http nor https"));
}

#[test]
fn names_must_lead_to_public_addresses() {
    let check = |address: &str, expect: Option<&str>| {
        let port = 443;
        let allowed = address.parse().map(|ip: IpAddr| std::net::SocketAddr::new(ip.to_canonical(), port).to_string());
        let allowed = allowed.unwrap();
        let rules = r#"allow = ["https://api.example.com"]"#;
        let uri = "https://api.example.com/";
        check(rules, uri, &[address], expect.map_or(Ok(&allowed), Err));
        // One bad address spoils the good ones, wherever it stands.
        if let Some(kind) = expect {
            check(rules, uri, &["93.184.216.34", address], Err(kind));
            check(rules, uri, &[address, "2606:2800:220:1::1"], Err(kind));
        }
    };
    check("8.8.8.8", None);
    check("9.255.255.255", None);
    check("11.0.0.0", None);
    check("100.63.255.255", None);
    check("100.128.0.0", None);
    check("172.15.255.255", None);
    check("172.32.0.0", None);
    check("223.255.255.255", None);
    check("2606:2800:220:1::1", None);
    check("2a00:1450:4001::1", None);
    check("64:ff9b::808:808", None);
    check("::ffff:8.8.8.8", None);

    check("0.0.0.0", Some("unspecified"));
    check("0.1.2.3", Some("unspecified"));
    check("10.0.0.0", Some("private"));
    check("10.255.255.255", Some("private"));
    check("172.16.0.1", Some("private"));
    check("172.31.255.255", Some("private"));
    check("192.168.0.1", Some("private"));
    check("127.0.0.1", Some("loopback"));
    check("127.255.255.255", Some("loopback"));
    check("100.64.0.1", Some("carrier-grade NAT"));
    check("100.100.100.200", Some("carrier-grade NAT"));
    check("100.127.255.255", Some("carrier-grade NAT"));
    check("168.63.129.16", Some("metadata"));
    check("169.254.169.254", Some("metadata"));
    check("169.254.0.1", Some("link-local"));
    check("192.0.0.192", Some("reserved"));
    check("192.88.99.1", Some("reserved"));
    check("192.0.2.1", Some("documentation"));
    check("198.51.100.1", Some("documentation"));
    check("203.0.113.1", Some("documentation"));
    check("198.19.255.255", Some("benchmarks"));
    check("224.0.0.1", Some("multicast"));
    check("239.255.255.255", Some("multicast"));
    check("240.0.0.1", Some("reserved"));
    check("255.255.255.255", Some("broadcast"));

    check("::", Some("unspecified"));
    check("::1", Some("loopback"));
    check("::7f00:1", Some("reserved"));
    check("::ffff:127.0.0.1", Some("loopback"));
    check("::ffff:10.0.0.1", Some("private"));
    check("::ffff:169.254.169.254", Some("metadata"));
    check("::ffff:0:7f00:1", Some("reserved"));
    check("64:ff9b::7f00:1", Some("loopback"));
    check("64:ff9b::a9fe:a9fe", Some("metadata"));
    check("64:ff9b::a00:1", Some("private"));
    check("64:ff9b:1::808:808", Some("local NAT64"));
    check("2002:7f00:1::", Some("6to4"));
    check("2002:a00:1::1", Some("6to4"));
    check("2001:0:a00:1::f5ff:fffe", Some("Teredo"));
    check("2001:2::1", Some("reserved"));
    check("2001:db8::1", Some("documentation"));
    check("3fff::1", Some("documentation"));
    check("100::1", Some("reserved"));
    check("5f00::1", Some("reserved"));
    check("fc00::1", Some("private"));
    check("fd00:ec2::254", Some("private"));
    check("fe80::1", Some("link-local"));
    check("fec0::1", Some("private"));
    check("ff02::1", Some("multicast"));
}

#[test]
fn a_listed_address_is_its_own_permission() {
    let own =
        r#"allow = ["http://127.0.0.1:8080", "http://[::1]:8080", "https://10.0.0.1", "http://local.example:8080"]"#;
    // The forms of one address are one address.
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"] {
        check(own, &format!("http://{host}:8080/"), &[], Ok("127.0.0.1:8080"));
        check(own, &format!("http://{host}/"), &[], NOT_LISTED);
    }
    check(own, "http://[::ffff:127.0.0.1]:8080/", &[], Ok("127.0.0.1:8080"));
    check(own, "http://[::ffff:7f00:1]:8080/", &[], Ok("127.0.0.1:8080"));
    check(own, "http://①②⑦.0.0.1:8080/", &[], Ok("127.0.0.1:8080"));
    check(own, "http://[0:0::1]:8080/", &[], Ok("[::1]:8080"));
    check(own, "https://10.0.0.1/", &[], Ok("10.0.0.1:443"));
    check(own, "http://127.0.0.2:8080/", &[], NOT_LISTED);
    check(own, "http://0.0.0.0:8080/", &[], NOT_LISTED);
    check(own, "http://0:8080/", &[], NOT_LISTED);
    check(own, "http://[::]:8080/", &[], NOT_LISTED);
    check(own, "http://[64:ff9b::7f00:1]:8080/", &[], NOT_LISTED);
    check(own, "http://[2002:7f00:1::]:8080/", &[], NOT_LISTED);
    check(own, "http://169.254.169.254/latest/meta-data/", &[], NOT_LISTED);
    // No name may lead there for that.
    check(own, "http://localhost:8080/", &["127.0.0.1"], NOT_LISTED);
    check(own, "http://local.example:8080/", &["127.0.0.1"], Err("it leads to 127.0.0.1, a loopback address"));
}

#[test]
fn networks_lift_the_ban_on_their_addresses_only() {
    let rules = "allow = [\"https://in.example\"]\nnetworks = [\"10.1.0.0/16\", \"fd12::/16\", \"127.0.0.1/32\"]";
    let uri = "https://in.example/";
    check(rules, uri, &["10.1.2.3"], Ok("10.1.2.3:443"));
    check(rules, uri, &["10.1.2.3", "93.184.216.34"], Ok("10.1.2.3:443 93.184.216.34:443"));
    check(rules, uri, &["::ffff:10.1.2.3"], Ok("10.1.2.3:443"));
    check(rules, uri, &["64:ff9b::a01:203"], Ok("[64:ff9b::a01:203]:443"));
    check(rules, uri, &["fd12::1"], Ok("[fd12::1]:443"));
    check(rules, uri, &["127.0.0.1"], Ok("127.0.0.1:443"));
    check(rules, uri, &["10.2.0.0"], Err("private"));
    check(rules, uri, &["10.1.2.3", "10.2.0.0"], Err("it leads to 10.2.0.0, a private address"));
    check(rules, uri, &["127.0.0.2"], Err("loopback"));
    check(rules, uri, &["fd13::1"], Err("private"));
    check(rules, uri, &["2002:a01:203::"], Err("6to4"));
    // A network names no host.
    check(rules, "https://10.1.2.3/", &[], NOT_LISTED);
    check(rules, "https://other.example/", &["10.1.2.3"], NOT_LISTED);
}

#[test]
fn rules_that_make_no_sense() {
    let check = |text: &str, part: &str| {
        let error = toml::from_str::<Rules>(text).expect_err(text).to_string();
        assert!(error.contains(part), "{error:?} has no {part:?}");
    };
    check(r#"alow = []"#, "unknown field `alow`, expected `allow` or `networks`");
    check(
        "allow = [\n  \"a.example\",\n  \"ftp://b.example\",\n]",
        r#""ftp://b.example" cannot be allowed: it is neither"#,
    );
    check(r#"allow = [""]"#, "\"\" cannot be allowed: it is not like");
    check(r#"allow = ["*"]"#, "a * that is not the whole first label");
    check(r#"allow = ["*.*.example"]"#, "a * that is not the whole first label");
    check(r#"allow = ["a*.example"]"#, "a * that is not the whole first label");
    check(r#"allow = ["a.*.example"]"#, "a * that is not the whole first label");
    check(r#"allow = ["*.0.0.1"]"#, "a * before an address");
    check(r#"allow = ["*.[::1]"]"#, "a * before an address");
    check(r#"allow = ["a.example/path"]"#, "has a path");
    check(r#"allow = ["https://a.example/?q"]"#, "has a path");
    check(r#"allow = ["me@a.example"]"#, "a user name or a password");
    check(r#"allow = ["a.example:0"]"#, "no port");
    check(r#"allow = ["10.0.0.0/8"]"#, "has a path");
    check(r#"networks = ["10.0.0.1"]"#, "\"10.0.0.1\" is not a network such as");
    check(r#"networks = ["10.0.0.1/8"]"#, "\"10.0.0.1/8\" is an address within 10.0.0.0/8");
    check(r#"networks = ["10.0.0.0/33"]"#, "is not a network such as");
    check(r#"networks = ["a.example"]"#, "is not a network such as");
    assert_eq!(toml::from_str::<Rules>("").unwrap(), Rules::default());
}

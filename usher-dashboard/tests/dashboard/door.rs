//! Who comes in: the link once, the cookie after it, and no other page.

use crate::harness::{Browser, Lab};

#[test]
fn the_link_opens_the_page_once_and_leaves_no_secret_in_its_address() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let stranger = Browser::new(dashboard.address);
    assert_eq!(stranger.get("/").status, 403);
    let browser = dashboard.browser();
    let page = browser.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("/assets/main.js"));
    let path = dashboard.link.strip_prefix(&format!("http://{}", dashboard.address)).unwrap();
    let replayed = stranger.get(path);
    assert_eq!((replayed.status, replayed.header("set-cookie")), (403, None));
    assert!(replayed.body.contains("Run `usher dashboard` again"));
    assert_eq!(browser.get(path).status, 303, "whoever is in goes to the page");
    let secret = path.rsplit('/').next().unwrap();
    assert!(!page.body.contains(secret) && !browser.cookie.unwrap().contains(secret));
}

#[test]
fn the_cookie_is_of_this_port_and_no_script_or_other_site_has_it() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let path = dashboard.link.strip_prefix(&format!("http://{}", dashboard.address)).unwrap().to_owned();
    let entered = Browser::new(dashboard.address).get(&path);
    let set = entered.header("set-cookie").unwrap();
    assert!(set.starts_with(&format!("usher-dashboard-{}=", dashboard.address.port())), "{set}");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
}

#[test]
fn every_answer_keeps_the_page_to_itself() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    for path in ["/", "/assets/main.js", "/nowhere", "/pictures/0/1", "/verbs/lock"] {
        let reply = browser.get(path);
        let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
        for rule in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

#[test]
fn a_name_that_was_made_to_lead_here_is_refused() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let port = dashboard.address.port();
    for host in
        [&format!("evil.example:{port}"), "evil.example", "127.0.0.1", &format!("127.0.0.1.evil.example:{port}")]
    {
        for path in ["/", "/events", "/assets/main.js", "/pictures/0/1"] {
            assert_eq!(browser.request("GET", path, &[("Host", host)], "").status, 421, "{host} {path}");
        }
        let origin = format!("http://{host}");
        let posted = browser.request(
            "POST",
            "/verbs/lock",
            &[("Host", host), ("Origin", &origin), ("Content-Type", "application/json")],
            r#"{"targets":{"0":[1]},"message":"x"}"#,
        );
        assert_eq!(posted.status, 421);
    }
    assert_eq!(browser.request("GET", "/", &[("Host", &format!("localhost:{port}"))], "").status, 200);
}

#[test]
fn another_pages_post_does_nothing_though_the_cookie_comes_along() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let order = format!(r#"{{"targets":{{"0":[{id}]}},"message":"taken over"}}"#);
    let json = ("Content-Type", "application/json");
    let own = format!("http://{}", dashboard.address);
    let next_door = format!("http://127.0.0.1:{}", dashboard.address.port().wrapping_add(1));
    for origin in ["http://evil.example", "null", "", &next_door, "https://127.0.0.1"] {
        assert_eq!(browser.request("POST", "/verbs/lock", &[("Origin", origin), json], &order).status, 403, "{origin}");
    }
    let cross = [("Origin", own.as_str()), json, ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(browser.request("POST", "/verbs/lock", &cross, &order).status, 403);
    let form = [("Origin", own.as_str()), ("Content-Type", "text/plain")];
    assert_eq!(browser.request("POST", "/verbs/lock", &form, &order).status, 415);
    let without = Browser::new(dashboard.address).post("/verbs/lock", &order);
    assert_eq!(without.status, 403);
    for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
        let reply = browser.request(method, "/verbs/lock?message=x", &[("Origin", &own), json], &order);
        assert_eq!(reply.status, 405, "{method}");
    }
    assert_eq!(lab.session(id)["locked"], false);
    assert_eq!(browser.post("/verbs/lock", &order).status, 200);
    assert_eq!(lab.session(id)["locked"], true);
}

#[test]
fn other_pages_cannot_read_either() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    for path in ["/", "/events", "/pictures/0/1"] {
        for site in ["cross-site", "same-site"] {
            assert_eq!(browser.request("GET", path, &[("Sec-Fetch-Site", site)], "").status, 403, "{path} {site}");
        }
        assert_eq!(Browser::new(dashboard.address).get(path).status, 403, "{path}");
    }
}

#[test]
fn there_is_no_way_to_what_a_page_must_not_do() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    for path in [
        "/v1/sessions/open",
        "/v1/sessions/1/attach",
        "/v1/identities/invite",
        "/v1/identities/redeem",
        "/v1/sessions",
        "/verbs/open",
        "/verbs/attach",
        "/verbs/invite",
        "/verbs/join",
        "/verbs/revoke",
        "/verbs/rename",
        "/join",
        "/metrics",
    ] {
        assert_eq!(browser.get(path).status, 404, "{path}");
        assert_eq!(browser.post(path, r#"{"targets":{"0":[1]}}"#).status, 404, "{path}");
    }
}

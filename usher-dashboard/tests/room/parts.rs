//! The wall in parts, by host and by Unix group, and the button that removes a rule.

use crate::harness::{Chromium, Dashboard, Lab, chromium, wait_until};

/// The heads of the parts that stand on the wall.
fn heads(page: &Chromium) -> String {
    let texts = "return [...document.querySelectorAll('#wall h2')].map((head) => head.textContent).join('|')";
    page.script(texts).as_str().unwrap_or_default().to_owned()
}

fn arrange(page: &Chromium, by: &str) {
    page.script(&format!(
        "const part = document.querySelector('#part'); part.value = '{by}'; part.dispatchEvent(new Event('input'))"
    ));
}

#[test]
fn tiles_stand_by_host_and_by_group_and_a_rule_is_removed_by_its_button() {
    let Some(programs) = chromium() else { return };
    let (lab, other) = (Lab::start(), Lab::start());
    for host in [&lab, &other] {
        host.open("exam", "exec cat");
        host.open("clock", "exec cat");
    }
    let group = lab.session(1)["groups"][0].as_str().map(str::to_owned);
    let ssh = lab.ssh(&(lab.leads_here("lab1") + &other.leads_here("lab2")));
    let dashboard = Dashboard::start(lab.path(), &["--server", "lab1,lab2"], &[("USHER_SSH", &ssh)]);
    let page = Chromium::start(&programs, "en");
    page.open(&dashboard.link);
    page.until("document.querySelectorAll('.tile').length === 4");
    assert_eq!(heads(&page), "");
    arrange(&page, "host");
    assert_eq!(heads(&page), "lab1|lab2");
    let apart = "return [...document.querySelectorAll('#wall > *')].map((node) => node.matches('h2') ? node.textContent : node.querySelector('.host').textContent.split(' ')[0]).join()";
    assert_eq!(page.script(apart), "lab1,lab1,lab1,lab2,lab2,lab2", "each stands below its host");
    arrange(&page, "group");
    let first = heads(&page);
    assert!(!first.is_empty() && !first.contains('|'), "they have the same user: {first}");
    if let Some(group) = group {
        page.until(&format!("[...document.querySelectorAll('#group option')].some((one) => one.value === '{group}')"));
        page.script(&format!(
            "const group = document.querySelector('#group'); group.value = '{group}'; group.dispatchEvent(new Event('input'))"
        ));
        page.until("document.querySelectorAll('.tile[aria-selected=true]').length === 4");
    }
    arrange(&page, "none");
    assert_eq!(heads(&page), "");

    lab.json(&["block", "--user", "nobody", "--message", "Exam"]);
    other.json(&["block", "--all", "--message", "Eyes up"]);
    page.click("[data-view=rules]");
    page.until("document.querySelectorAll('#standing tr').length === 2");
    let remove = |rule: &str, host: &str| {
        page.click(&format!("#standing button[aria-label$='{rule}, {host}']"));
    };
    remove("user:nobody", "lab1");
    page.until("document.querySelectorAll('#standing tr').length === 1");
    assert_eq!(lab.json(&["blocks"]).as_array().map(Vec::len), Some(0));
    assert_eq!(other.json(&["blocks"]).as_array().map(Vec::len), Some(1), "the other host's stands");
    remove("all", "lab2");
    page.until("document.querySelectorAll('#standing tr').length === 0 && !document.querySelector('#no-rules').hidden");
    wait_until("they are free", || other.json(&["list"]).as_array().unwrap().iter().all(|one| one["locked"] == false));
    assert_eq!(page.complaints(), Vec::<String>::new(), "the console is empty");
}

//! The page at the sizes of a phone, a laptop and a wall, in both schemes and languages. It must fit; a person looks at the
//! pictures.

use std::path::Path;

use serde_json::json;

use crate::harness::{Chromium, Dashboard, Lab, chromium};

const CLOCK: &str = r#"printf '\033]2;clock\007\033[2J\033[H\n   \033[1;37;44m  10:42:07  \033[0m\n\n'; for c in 1 2 3 4 5 6; do printf '   \033[4%dm          \033[0m' "$c"; done; exec cat"#;
const EDITOR: &str = r#"printf '\033]2;essay.txt - vim\007\033[2J\033[H\033[33m  1\033[0m The moon shows us one face alone\n\033[33m  2\033[0m because it turns once on its way.\n\033[34m~\n~\n~\033[0m'; exec cat"#;
const SHELL: &str = r#"printf '\033]2;make\007\033[32malice@lab1\033[0m:\033[34m~/exam\033[0m$ make\ncc -O2 -o answer answer.c\n\033[1manswer.c:7:\033[0m \033[31merror:\033[0m expected ; before return\n'; exec cat"#;

#[test]
fn the_page_fits_every_screen() {
    let Some(programs) = chromium() else { return };
    let mut lab = Lab::start();
    let other = Lab::start();
    for round in 0..4 {
        for script in [CLOCK, EDITOR, SHELL] {
            let host = if round == 3 { &other } else { &lab };
            host.open("", script);
        }
    }
    lab.json(&["lock", "1", "2", "--message", "Eyes up, 眼睛看前面", "--for", "15m"]);
    let ssh = lab.ssh(&(lab.leads_here("lab1") + &other.leads_here("lab2")));
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dashboard");
    std::fs::create_dir_all(&place).expect("a directory");
    for language in ["en", "zh-CN"] {
        let dashboard = Dashboard::start(lab.path(), &["--server", "lab1,lab2"], &[("USHER_SSH", &ssh)]);
        let page = Chromium::start(&programs, language);
        page.open(&dashboard.link);
        page.until("document.querySelectorAll('.tile').length === 12");
        page.script("document.querySelectorAll('.tile')[4].click(); document.querySelectorAll('.tile')[5].click()");
        for (width, height, zoom) in [(390, 844, 2), (1280, 800, 1), (2560, 1440, 1)] {
            for scheme in ["light", "dark"] {
                let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
                page.tool("Emulation.setEmulatedMedia", &json!({"features": feature}));
                let size = json!({"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": width < 500});
                page.tool("Emulation.setDeviceMetricsOverride", &size);
                page.until("[...document.querySelectorAll('.tile')].filter((tile) => tile.getBoundingClientRect().top < innerHeight).every((tile) => tile.querySelector('img').naturalWidth > 0)");
                let over = page.script("return document.documentElement.scrollWidth - innerWidth");
                assert_eq!(over, 0, "nothing stands beside the page at {width}");
                page.shot(&place.join(format!("{language}-{width}-{scheme}.png")));
                for view in ["log", "rules"] {
                    page.click(&format!("[data-view={view}]"));
                    page.until("document.querySelector('#records tr') && document.querySelector('#reached tr, #log:not([hidden])')");
                    let over = page.script("return document.documentElement.scrollWidth - innerWidth");
                    assert_eq!(over, 0, "nothing stands beside {view} at {width}");
                    page.shot(&place.join(format!("{language}-{width}-{scheme}-{view}.png")));
                }
                page.click("[data-view=wall]");
            }
        }
        if language == "en" {
            let size = json!({"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false});
            page.tool("Emulation.setDeviceMetricsOverride", &size);
            page.keys("l");
            page.until("document.querySelector('#lock-dialog[open]')");
            page.shot(&place.join("lock.png"));
            page.keys("\u{e00c}");
            page.keys("?");
            page.shot(&place.join("keys.png"));
            page.keys("\u{e00c}");
            lab.stop_usherd();
            page.until("document.querySelectorAll('.tile.lost').length === 9");
            page.keys("aul");
            page.until("document.querySelectorAll('#failures li').length > 0");
            page.keys("\u{e00c}");
            page.shot(&place.join("lost.png"));
            lab.start_usherd();
            page.until("document.querySelectorAll('.tile.lost').length === 0");
        }
    }
}

//! Links whose processes were broken: table and page tell each of them, and what was torn.

use crate::count_tags;
use analysis::Verdict;
use analysis::breakage::{
    Breakage, Breakages, OwnerKilled, ReceiverKilled, ReceiverStopped, RingerKilled, SCHEMA,
    SenderKilled, Skipped,
};
use report::{breakage_html, breakage_lines};
use wire::Mechanism;

fn breakages(torn: u64) -> Breakages {
    let row = |mechanism| Breakage {
        mechanism,
        sender_killed: SenderKilled {
            while_sending: 9,
            torn,
            damaged: 7,
            lost_per_kill: 0.9,
            recovered_p50_ms: 3.4,
            recovered_max_ms: 1234.5,
        },
        receiver_killed: ReceiverKilled {
            sender_blocked_max_ms: 30.2,
            torn: 0,
            damaged: 910,
            lost_per_kill: 0.6,
            repeated_per_kill: 1.0,
            recovered_p50_ms: 4.6,
            recovered_max_ms: 9.9,
        },
        receiver_stopped: ReceiverStopped {
            stopped_ms: 1000.1,
            sender_blocked_max_ms: 30.1,
            refused: 27,
            stale: 1,
            oldest_ms: 902.0,
            damaged: 1,
            torn: 0,
        },
        ringer_killed: RingerKilled { kills: 10, blocked_max_ms: 0.02, not_woken: 0 },
        owner_killed: OwnerKilled {
            left_when_ended: Vec::new(),
            left_when_killed: vec!["/proc/sysvipc/msg 7".to_owned()],
        },
    };
    let why = "no link by dbus on this host: <b>dbus-daemon</b>\u{1b} is not installed".to_owned();
    Breakages {
        schema: SCHEMA,
        message_bytes: 2_073_600,
        kills: 10,
        realtime: true,
        rows: Mechanism::ALL.map(row).to_vec(),
        skipped: vec![Skipped { mechanism: Mechanism::Dbus, why }],
    }
}

#[test]
fn the_table_has_every_mechanism_three_times_and_fits_the_terminal() {
    let text = breakage_lines(&breakages(0));
    for mechanism in Mechanism::ALL {
        let of_it = |line: &&str| line.split_whitespace().next() == Some(mechanism.name());
        assert_eq!(text.lines().filter(of_it).count(), 3, "{mechanism}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    assert!(text.contains("SKIPPED dbus") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_page_is_sound_and_fails_only_for_what_is_torn() {
    for (torn, verdict) in [(0, "PASS"), (3, "FAIL")] {
        let breakages = breakages(torn);
        assert_eq!(breakages.verdict() == Verdict::Fail, torn > 0);
        let page = breakage_html(&breakages);
        for tag in ["table", "tr", "section", "p"] {
            let (opened, closed) = count_tags(&page, tag);
            assert_eq!(opened, closed, "{tag}");
        }
        assert!(page.contains(verdict), "{verdict}");
        assert_eq!(page.contains("pipe: 3 torn messages"), torn > 0);
        assert!(page.contains("/proc/sysvipc/msg 7") && page.contains("&lt;b&gt;dbus-daemon"));
        assert!(!page.contains("http:") && !page.contains("<script"));
    }
}

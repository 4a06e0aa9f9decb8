//! An implementation that begins well, and never stops to send.

use std::time::Duration;

use crate::cases::{self, Got, Session, Target, Told, Verdict, Wire, Wish};
use crate::raw::{RawFrame, Role};

struct Endless {
    begun: bool,
    flood: Vec<u8>,
}

impl Wire for Endless {
    fn send(&mut self, _: &[u8]) {}

    fn receive(&mut self, _: Duration) -> Got {
        if std::mem::replace(&mut self.begun, true) {
            return Got::Octets(self.flood.clone());
        }
        let mut octets = RawFrame::settings(&[]).encode();
        octets.extend(RawFrame::settings_ack().encode());
        Got::Octets(octets)
    }

    fn finish(&mut self) {}

    fn wish(&mut self, _: &Wish) -> bool {
        true
    }

    fn told(&mut self, _: u32) -> Told {
        Told::Unknown
    }
}

#[test]
fn cases_end_although_the_implementation_does_not() {
    let target = Target {
        role: Role::Server,
        scheme: "http".to_owned(),
        authority: "example.com".to_owned(),
        path: "/".to_owned(),
        upload: Some("/upload".to_owned()),
        wait: Duration::from_secs(1),
        obeys: false,
    };
    let wanted = ["rfc9113/6.5.2/max-frame-size-0", "rfc9113/6.7/length-7"];
    let cases = cases::all()
        .into_iter()
        .filter(|case| case.role == Role::Server && wanted.contains(&case.id.as_str()));
    for case in cases {
        // Octets that mean nothing to anybody: frames of an unknown type.
        let frame = RawFrame::new(0xbe, 0, 0, vec![0; 16_000]).encode();
        let wire = Endless {
            begun: false,
            flood: frame.repeat(64),
        };
        let outcome = case.judge(&mut Session::new(Box::new(wire), &target));
        assert_eq!(outcome.verdict, Verdict::Violation, "{}", case.id);
        assert!(outcome.came.contains(super::FLOODS), "{outcome:?}");
    }
}
